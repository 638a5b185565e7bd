package io.flotilla.placement.store;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Ending;
import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.KeyspacePlan;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.model.Shard;
import io.flotilla.proto.placement.BeginJobs;
import io.flotilla.proto.placement.ChangeMember;
import io.flotilla.proto.placement.ChangeNodeRequest;
import io.flotilla.proto.placement.EndJob;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.ShardGoal;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The working copy of the map that commands change, one after the other. A command either does all
 * it says, raises the revision by one and hands over the records it changed, or changes nothing and
 * says why. Nothing but the command and the state decides.
 */
final class ClusterState {
  /** Part of what commands mean: not to be changed without a new kind of command. */
  static final int NODES_MAX = 1024;

  private String cluster;
  private long revision;
  private long layoutRevision;
  private FreshIds freshIds;
  private final TreeMap<Long, Revised<Node>> nodes;
  private final TreeMap<Integer, Revised<Keyspace>> keyspaces;
  private final TreeMap<Long, Revised<Shard>> shards;
  private final TreeMap<Long, Revised<Shard>> absorbed;
  private final TreeMap<Long, Revised<Node>> removed;
  private final JobBook jobs;
  private final Map<String, Long> nodeByIncarnation = new HashMap<>();
  private Settings settings;

  ClusterState(ClusterView from) {
    this.cluster = from.cluster();
    this.revision = from.revision();
    this.layoutRevision = from.layoutRevision();
    this.freshIds = from.freshIds();
    this.nodes = new TreeMap<>(from.nodes());
    this.keyspaces = new TreeMap<>(from.keyspaces());
    this.shards = new TreeMap<>(from.shards());
    this.absorbed = new TreeMap<>(from.absorbed());
    this.removed = new TreeMap<>(from.removed());
    this.jobs = new JobBook(from);
    this.settings = from.settings();
    nodes
        .values()
        .forEach(each -> nodeByIncarnation.put(each.value().incarnation(), each.value().id()));
  }

  long revision() {
    return revision;
  }

  /** A copy that later commands leave alone. */
  ClusterView view() {
    return new ClusterView(
        cluster,
        revision,
        layoutRevision,
        freshIds,
        nodes,
        removed,
        keyspaces,
        shards,
        absorbed,
        jobs.jobs(),
        jobs.ended(),
        settings);
  }

  PlacementResult apply(PlacementCommand command, Consumer<StateRecord> changed) {
    try {
      return switch (command.getKindCase()) {
        case REGISTER_NODE -> registerNode(command.getRegisterNode(), changed);
        case CREATE_KEYSPACE ->
            createKeyspace(
                MapMessages.read(command.getCreateKeyspace()),
                command.getCreateKeyspace().getFloor(),
                changed);
        case ADOPT_CLUSTER -> adoptCluster(command.getAdoptCluster());
        case SHARD_CHANGED -> changeShard(command.getShardChanged(), changed);
        case BEGIN_JOBS -> begin(command.getBeginJobs(), changed);
        case END_JOB -> end(command.getEndJob(), changed);
        case CHANGE_NODE -> changeNode(command.getChangeNode(), changed);
        case SET_BALANCE -> set(settings.withBalance(command.getSetBalance().getOn()), changed);
        case SHARD_GOAL -> setGoal(command.getShardGoal(), changed);
        case CHANGE_MEMBER -> changeMember(command.getChangeMember(), changed);
        case KIND_NOT_SET -> throw new IllegalStateException("read() lets no such command pass");
      };
    } catch (IllegalArgumentException wrong) {
      // From the model's own checks, before anything was changed.
      return refused(Outcome.INVALID, String.valueOf(wrong.getMessage()));
    }
  }

  private PlacementResult adoptCluster(String id) {
    if (cluster.equals(id)) {
      return done().build();
    }
    if (!cluster.isEmpty()) {
      return refused(Outcome.CONFLICT, "this is cluster '" + cluster + "', not '" + id + "'");
    }
    cluster = id;
    revision++;
    return done().build();
  }

  private PlacementResult registerNode(RegisterNodeRequest request, Consumer<StateRecord> changed) {
    for (Revised<Node> gone : removed.values()) {
      if (gone.value().incarnation().equals(request.getIncarnation())) {
        return refused(
            Outcome.REMOVED,
            String.format(
                "this is node %d, which was removed from the cluster; to join it as a new node,"
                    + " start with an empty data directory",
                gone.value().id()));
      }
    }
    Optional<Long> known = Optional.ofNullable(nodeByIncarnation.get(request.getIncarnation()));
    if (request.getNode() != 0 && known.map(id -> id != request.getNode()).orElse(true)) {
      return refused(
          Outcome.CONFLICT,
          String.format(
              "node %d with data directory '%s' is not of this cluster: %s",
              request.getNode(),
              request.getIncarnation(),
              known
                  .map(id -> "that directory belongs to node " + id)
                  .orElse("no node was registered with that directory")));
    }
    Optional<Node> before = known.map(nodes::get).map(Revised::value);
    if (known.isEmpty() && nodes.size() >= NODES_MAX) {
      return refused(Outcome.CONFLICT, "the cluster has " + NODES_MAX + " nodes, its bound");
    }
    long id = known.orElse(freshIds.node());
    Node node =
        new Node(
            id,
            request.getAddress(),
            request.getIncarnation(),
            new TreeMap<>(request.getLabelsMap()),
            before.map(Node::state).orElse(Node.State.ACTIVE));
    if (before.filter(node::equals).isPresent()) {
      return done().setNode(id).build();
    }
    revision++;
    layoutRevision = revision;
    if (known.isEmpty()) {
      freshIds = new FreshIds(id + 1, freshIds.shard(), freshIds.replica(), freshIds.keyspace());
      nodeByIncarnation.put(node.incarnation(), id);
    }
    nodes.put(id, new Revised<>(revision, node));
    changed.accept(StateRecord.of(node, revision));
    return done().setNode(id).build();
  }

  /**
   * @param floor 0 in commands of before there was one
   */
  private PlacementResult createKeyspace(
      KeyspacePlan plan, int floor, Consumer<StateRecord> changed) {
    Keyspace keyspace = plan.keyspace();
    if (keyspaces.values().stream().anyMatch(each -> each.value().name().equals(keyspace.name()))) {
      return refused(Outcome.CONFLICT, "keyspace '" + keyspace.name() + "' exists already");
    }
    if (plan.revision() > revision || plan.revision() < layoutRevision) {
      return refused(
          Outcome.STALE,
          String.format(
              "planned at revision %d, but nodes or keyspaces changed at %d",
              plan.revision(), layoutRevision));
    }
    Optional<String> stale = KeyspaceFit.whatIsWrong(plan, freshIds, keyspaces, nodes);
    if (stale.isPresent()) {
      return refused(Outcome.STALE, stale.get());
    }
    revision++;
    layoutRevision = revision;
    keyspaces.put(keyspace.id(), new Revised<>(revision, keyspace));
    changed.accept(StateRecord.of(keyspace, revision));
    for (Shard shard : plan.shards()) {
      shards.put(shard.id(), new Revised<>(revision, shard));
      changed.accept(StateRecord.of(shard, revision));
    }
    freshIds = KeyspaceFit.beyond(plan, freshIds);
    if (floor != 0) {
      put(settings.withFloor(keyspace.id(), floor), changed);
    }
    return done().setKeyspace(MapMessages.write(keyspace)).build();
  }

  private PlacementResult changeShard(
      io.flotilla.proto.map.Shard descriptor, Consumer<StateRecord> changed) {
    Shard shard = MapMessages.read(descriptor);
    List<Shard> cutOff = descriptor.getCutOffList().stream().map(MapMessages::read).toList();
    Revised<Shard> known = shards.get(shard.id());
    if (known == null || known.value().keyspace() != shard.keyspace()) {
      return refused(
          Outcome.CONFLICT,
          "no shard " + shard.id() + " was created in keyspace " + shard.keyspace());
    }
    Shard before = known.value();
    if (!shard.epoch().isNewerThan(before.epoch())) {
      return done().build();
    }
    // Whether this job is still under way or not: what the group has done is done.
    List<Shard> fresh =
        shard.epoch().version() > before.epoch().version()
            ? cutOff.stream().filter(each -> !shards.containsKey(each.id())).toList()
            : List.of();
    Tiling tiling = Tiling.of(before, shard, fresh, shards.values());
    Optional<String> wrong = tiling.whatIsWrong(freshIds);
    if (wrong.isPresent()) {
      return refused(Outcome.CONFLICT, wrong.get());
    }
    revision++;
    put(shard, changed);
    fresh.forEach(each -> put(each, changed));
    tiling.absorbed().forEach(each -> remove(each, changed));
    jobs.shardChanged(shard, ids(fresh), ids(tiling.absorbed()), revision, changed);
    if (!fresh.isEmpty()) {
      dropReachedGoal(shard.keyspace(), changed);
    }
    return done().build();
  }

  private void put(Shard shard, Consumer<StateRecord> changed) {
    shards.put(shard.id(), new Revised<>(revision, shard));
    changed.accept(StateRecord.of(shard, revision));
  }

  private static Set<Long> ids(List<Shard> shards) {
    return shards.stream().map(Shard::id).collect(Collectors.toSet());
  }

  /** A shard that was absorbed. The newest of them are remembered, for those who watch the map. */
  private void remove(Shard shard, Consumer<StateRecord> changed) {
    shards.remove(shard.id());
    absorbed.put(shard.id(), new Revised<>(revision, shard));
    changed.accept(StateRecord.gone(shard));
    changed.accept(StateRecord.absorbed(shard, revision));
    if (absorbed.size() > ClusterView.ABSORBED_MAX) {
      Revised<Shard> oldest =
          Collections.min(absorbed.values(), Comparator.comparingLong(Revised::revision));
      absorbed.remove(oldest.value().id());
      changed.accept(StateRecord.noMoreAbsorbed(oldest.value()));
    }
  }

  private PlacementResult begin(BeginJobs command, Consumer<StateRecord> changed) {
    List<Job> wishes = command.getJobsList().stream().map(JobMessages::read).toList();
    Optional<PlacementResult> refusal =
        command.getTogether() ? new ClusterState(view()).firstRefusal(wishes) : Optional.empty();
    if (refusal.isPresent()) {
      return refusal.get().toBuilder().setRevision(revision).build();
    }
    PlacementResult.Builder all = PlacementResult.newBuilder();
    for (Job wish : wishes) {
      PlacementResult one = begin(wish, changed);
      all.addAllJobs(one.getJobsList());
      if (one.getErrorCode() != 0 && all.getErrorCode() == 0) {
        all.setErrorCode(one.getErrorCode()).setMessage(one.getMessage());
      }
    }
    if (all.getJobsCount() > 0) {
      all.setErrorCode(0); // what was refused is said in the message alone
    }
    return all.setRevision(revision).build();
  }

  /** Begins one after the other until one is refused: for a copy, to see whether all may begin. */
  private Optional<PlacementResult> firstRefusal(List<Job> wishes) {
    for (Job wish : wishes) {
      PlacementResult one = begin(wish, unused -> {});
      if (one.getErrorCode() != 0) {
        return Optional.of(one);
      }
    }
    return Optional.empty();
  }

  private PlacementResult begin(Job wish, Consumer<StateRecord> changed) {
    Revised<Shard> known = shards.get(wish.shard());
    if (known == null) {
      return refused(Outcome.NOT_FOUND, "there is no shard " + wish.shard());
    }
    Optional<Job> underWay =
        wish.shards().stream().map(jobs::of).flatMap(Optional::stream).findFirst();
    if (underWay.isPresent() && !wish.replaces(underWay.get())) {
      Job job = underWay.get();
      return wish.begun(job.id()).equals(job)
          ? done().addJobs(JobMessages.write(job)).build()
          : refused(mayBeTheSame(wish, job) ? Outcome.STALE : Outcome.CONFLICT, job.isInTheWay());
    }
    JobFit fit = JobFit.of(wish, known.value(), shards, nodes, freshIds);
    Optional<String> misfit = fit.misfit();
    if (misfit.isPresent()) {
      return refused(Outcome.STALE, "it " + wish.words() + ", but " + misfit.get());
    }
    revision++;
    freshIds = fit.after();
    Ending replaced = Ending.givenUp("instead, something " + wish.words());
    underWay.ifPresent(before -> jobs.end(before, replaced, revision, changed));
    Job job = wish.begun(revision);
    jobs.begin(job, changed);
    return done().addJobs(JobMessages.write(job)).build();
  }

  /** Of the same replica: may be the same wish, which was planned before the job was known. */
  private static boolean mayBeTheSame(Job wish, Job job) {
    return wish instanceof Move a && job instanceof Move b && a.from() == b.from();
  }

  private PlacementResult end(EndJob command, Consumer<StateRecord> changed) {
    long id = command.getJob();
    Ending ending = new Ending(JobMessages.read(command.getEnd()), command.getWhy());
    Optional<Job> found = jobs.job(id);
    if (found.isEmpty()) {
      EndedJob over = jobs.ended().get(id);
      return over == null
          ? refused(Outcome.NOT_FOUND, "there is no job " + id)
          : refused(
              Outcome.CONFLICT,
              String.format("job %d is over already: %s", id, over.ending().why()));
    }
    Job job = found.get();
    Optional<String> tooLate =
        ending.how() == Ending.How.DONE
            ? Optional.empty()
            : Optional.ofNullable(shards.get(job.shard()))
                .flatMap(shard -> job.beyondCancelling(shard.value()));
    if (tooLate.isPresent()) {
      return refused(Outcome.CONFLICT, "too late to end job " + id + ": " + tooLate.get());
    }
    revision++;
    jobs.end(job, ending, revision, changed);
    return done().addJobs(JobMessages.write(job)).build();
  }

  private PlacementResult changeNode(ChangeNodeRequest change, Consumer<StateRecord> changed) {
    Revised<Node> known = nodes.get(change.getNode());
    if (known == null) {
      return refused(
          Outcome.NOT_FOUND,
          removed.containsKey(change.getNode())
              ? "node " + change.getNode() + " was removed already"
              : "there is no node " + change.getNode());
    }
    Node node = known.value();
    return switch (change.getChange()) {
      case DRAIN -> changeNode(node, node.in(Node.State.DRAINING), changed);
      case UNDRAIN -> changeNode(node, node.in(Node.State.ACTIVE), changed);
      case REMOVE -> removeNode(node, changed);
      case UNKNOWN, UNRECOGNIZED -> refused(Outcome.INVALID, "unknown change of a node");
    };
  }

  private PlacementResult changeNode(Node before, Node after, Consumer<StateRecord> changed) {
    if (!after.equals(before)) {
      revision++;
      layoutRevision = revision;
      nodes.put(after.id(), new Revised<>(revision, after));
      changed.accept(StateRecord.of(after, revision));
    }
    return done().setNode(after.id()).build();
  }

  private PlacementResult removeNode(Node node, Consumer<StateRecord> changed) {
    long id = node.id();
    long held =
        shards.values().stream().filter(each -> each.value().replicaOn(id).isPresent()).count();
    long coming =
        jobs.jobs().values().stream()
            .filter(job -> job instanceof Move move && move.comesTo(id))
            .count();
    if (held + coming > 0) {
      return refused(
          Outcome.CONFLICT,
          String.format(
              "node %d cannot be removed: it holds %d replicas, and %d are on their way to it;"
                  + " drain it first, and wait until it is empty",
              id, held, coming));
    }
    revision++;
    layoutRevision = revision;
    nodes.remove(id);
    nodeByIncarnation.remove(node.incarnation());
    removed.put(id, new Revised<>(revision, node));
    changed.accept(StateRecord.gone(node));
    changed.accept(StateRecord.removed(node, revision));
    return done().setNode(id).build();
  }

  private PlacementResult changeMember(ChangeMember change, Consumer<StateRecord> changed) {
    Optional<MemberFit> misfit = MemberFit.misfit(settings, change);
    return misfit.isPresent()
        ? refused(misfit.get().outcome(), misfit.get().why())
        : set(MemberFit.after(settings, change), changed);
  }

  private PlacementResult set(Settings next, Consumer<StateRecord> changed) {
    if (!next.equals(settings)) {
      revision++;
      put(next, changed);
    }
    return done().build();
  }

  private void put(Settings next, Consumer<StateRecord> changed) {
    settings = next;
    changed.accept(StateRecord.of(settings, revision));
  }

  private PlacementResult setGoal(ShardGoal goal, Consumer<StateRecord> changed) {
    if (!keyspaces.containsKey(goal.getKeyspace())) {
      return refused(Outcome.NOT_FOUND, "there is no keyspace with id " + goal.getKeyspace());
    }
    if (settings.goals().getOrDefault(goal.getKeyspace(), 0) != goal.getBefore()) {
      return refused(Outcome.STALE, "somebody else has asked for more shards meanwhile");
    }
    int wanted = goal.getShards() > shardsOf(goal.getKeyspace()) ? goal.getShards() : 0;
    Settings next = settings.withGoal(goal.getKeyspace(), wanted);
    return set(
        goal.getFloor() == 0 ? next : next.withFloor(goal.getKeyspace(), goal.getFloor()), changed);
  }

  private void dropReachedGoal(int keyspace, Consumer<StateRecord> changed) {
    if (settings.goals().getOrDefault(keyspace, Integer.MAX_VALUE) <= shardsOf(keyspace)) {
      put(settings.withGoal(keyspace, 0), changed);
    }
  }

  private long shardsOf(int keyspace) {
    return shards.values().stream().filter(each -> each.value().keyspace() == keyspace).count();
  }

  private PlacementResult.Builder done() {
    return PlacementResult.newBuilder().setRevision(revision);
  }

  private PlacementResult refused(Outcome outcome, String why) {
    return done().setErrorCode(outcome.number()).setMessage(why).build();
  }
}
