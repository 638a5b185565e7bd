package io.flotilla.placement.store;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.KeyspacePlan;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import io.flotilla.proto.placement.RegisterNodeRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

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
  private final TreeMap<Long, Move> moves;
  private final Map<String, Long> nodeByIncarnation = new HashMap<>();

  ClusterState(ClusterView from) {
    this.cluster = from.cluster();
    this.revision = from.revision();
    this.layoutRevision = from.layoutRevision();
    this.freshIds = from.freshIds();
    this.nodes = new TreeMap<>(from.nodes());
    this.keyspaces = new TreeMap<>(from.keyspaces());
    this.shards = new TreeMap<>(from.shards());
    this.moves = new TreeMap<>(from.moves());
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
        cluster, revision, layoutRevision, freshIds, nodes, keyspaces, shards, moves);
  }

  PlacementResult apply(PlacementCommand command, Consumer<StateRecord> changed) {
    try {
      return switch (command.getKindCase()) {
        case REGISTER_NODE -> registerNode(command.getRegisterNode(), changed);
        case CREATE_KEYSPACE ->
            createKeyspace(MapMessages.read(command.getCreateKeyspace()), changed);
        case ADOPT_CLUSTER -> adoptCluster(command.getAdoptCluster());
        case SHARD_CHANGED -> changeShard(MapMessages.read(command.getShardChanged()), changed);
        case MOVE_REPLICA -> move(MapMessages.read(command.getMoveReplica()), changed);
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
    if (known.isEmpty() && nodes.size() >= NODES_MAX) {
      return refused(Outcome.CONFLICT, "the cluster has " + NODES_MAX + " nodes, its bound");
    }
    long id = known.orElse(freshIds.node());
    Node node =
        new Node(
            id,
            request.getAddress(),
            request.getIncarnation(),
            new TreeMap<>(request.getLabelsMap()));
    if (known.map(nodes::get).map(before -> before.value().equals(node)).orElse(false)) {
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

  private PlacementResult createKeyspace(KeyspacePlan plan, Consumer<StateRecord> changed) {
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
    Optional<String> stale = whatIsNotFresh(plan);
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
    freshIds = beyond(plan);
    return done().setKeyspace(MapMessages.write(keyspace)).build();
  }

  /** What in a plan uses an id that was handed out before, or names what does not exist. */
  private Optional<String> whatIsNotFresh(KeyspacePlan plan) {
    Keyspace keyspace = plan.keyspace();
    boolean ownId =
        Keyspace.builtIn(keyspace.name())
            .map(keyspace::equals)
            .orElse(keyspace.id() >= freshIds.keyspace());
    if (!ownId || keyspaces.containsKey(keyspace.id())) {
      return Optional.of("keyspace id " + keyspace.id() + " is not for '" + keyspace.name() + "'");
    }
    long nextShard = freshIds.shard();
    long nextReplica = freshIds.replica();
    for (Shard shard : plan.shards()) {
      if (shard.id() < nextShard || shard.keyspace() != keyspace.id()) {
        return Optional.of("shard id " + shard.id() + " is not fresh, or of another keyspace");
      }
      nextShard = shard.id() + 1;
      for (Replica replica : shard.replicas()) {
        if (replica.id() < nextReplica || !nodes.containsKey(replica.node())) {
          return Optional.of(replica + " of shard " + shard.id() + " is not fresh, or has no node");
        }
        nextReplica = replica.id() + 1;
      }
    }
    return coversKeyspace(keyspace, plan.shards())
        ? Optional.empty()
        : Optional.of("the shards do not cover keyspace '" + keyspace.name() + "' exactly");
  }

  private static boolean coversKeyspace(Keyspace keyspace, List<Shard> shards) {
    KeyBytes end = keyspace.range().start();
    for (Shard shard : shards) {
      if (!shard.range().start().equals(end)) {
        return false;
      }
      end = shard.range().end();
    }
    return end.equals(keyspace.range().end());
  }

  private FreshIds beyond(KeyspacePlan plan) {
    Shard last = plan.shards().get(plan.shards().size() - 1);
    return new FreshIds(
        freshIds.node(),
        last.id() + 1,
        last.replicas().get(last.replicas().size() - 1).id() + 1,
        Math.max(freshIds.keyspace(), plan.keyspace().id() + 1));
  }

  private PlacementResult changeShard(Shard shard, Consumer<StateRecord> changed) {
    Revised<Shard> known = shards.get(shard.id());
    if (known == null || known.value().keyspace() != shard.keyspace()) {
      return refused(
          Outcome.CONFLICT,
          "no shard " + shard.id() + " was created in keyspace " + shard.keyspace());
    }
    if (!shard.epoch().isNewerThan(known.value().epoch())) {
      return done().build();
    }
    revision++;
    shards.put(shard.id(), new Revised<>(revision, shard));
    changed.accept(StateRecord.of(shard, revision));
    Move move = moves.get(shard.id());
    if (move != null && move.isOver(shard)) {
      moves.remove(shard.id());
      changed.accept(StateRecord.gone(move));
    }
    return done().build();
  }

  private PlacementResult move(Move wish, Consumer<StateRecord> changed) {
    Revised<Shard> known = shards.get(wish.shard());
    Replica to = wish.to();
    if (known == null) {
      return refused(Outcome.CONFLICT, "there is no shard " + wish.shard());
    }
    if (wish.equals(moves.get(wish.shard()))) {
      return done().setJob(MapMessages.write(wish)).build();
    }
    Move underWay = moves.get(wish.shard());
    if (underWay != null) {
      // Of the same replica: may be the same wish, which was planned before the job was known.
      return refused(
          underWay.from() == wish.from() ? Outcome.STALE : Outcome.CONFLICT, underWay.isInTheWay());
    }
    List<Replica> replicas = known.value().replicas();
    if (to.id() < freshIds.replica()
        || !nodes.containsKey(to.node())
        || replicas.stream().noneMatch(replica -> replica.id() == wish.from())
        || replicas.stream().anyMatch(replica -> replica.node() == to.node())) {
      return refused(Outcome.STALE, wish + " does not fit to " + known.value());
    }
    revision++;
    freshIds = new FreshIds(freshIds.node(), freshIds.shard(), to.id() + 1, freshIds.keyspace());
    Move move = new Move(revision, wish.shard(), wish.from(), to);
    moves.put(move.shard(), move);
    changed.accept(StateRecord.of(move));
    return done().setJob(MapMessages.write(move)).build();
  }

  private PlacementResult.Builder done() {
    return PlacementResult.newBuilder().setRevision(revision);
  }

  private PlacementResult refused(Outcome outcome, String why) {
    return done().setErrorCode(outcome.number()).setMessage(why).build();
  }
}
