package io.flotilla.placement.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Ending;
import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Member;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Partitioning;
import io.flotilla.placement.model.Recovery;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;
import io.flotilla.placement.plan.KeyspacePlanner;
import io.flotilla.placement.plan.KeyspaceWish;
import io.flotilla.placement.plan.LoadView;
import io.flotilla.placement.plan.WishPlanner;
import io.flotilla.proto.placement.BeginJobs;
import io.flotilla.proto.placement.ChangeMember;
import io.flotilla.proto.placement.ChangeNodeRequest;
import io.flotilla.proto.placement.EndJob;
import io.flotilla.proto.placement.JobEnd;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import io.flotilla.proto.placement.PlannedKeyspace;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.SetBalanceRequest;
import io.flotilla.proto.placement.ShardGoal;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.state.Generations;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What commands about jobs, nodes and settings do to the state. */
final class JobStateTest extends OneStateMachine {
  private void fourNodesTwoShards() throws Exception {
    fourNodesTwoShards(plan -> {});
  }

  private void fourNodesTwoShards(Consumer<PlannedKeyspace.Builder> change) throws Exception {
    for (int i = 1; i <= 4; i++) {
      run(register("n" + i));
    }
    KeyspaceWish wish = new KeyspaceWish("default", Partitioning.RANGE, 2, List.of(), 3);
    PlannedKeyspace.Builder plan =
        MapMessages.write(KeyspacePlanner.plan(machine.view(), wish, Set.of(4L))).toBuilder();
    change.accept(plan);
    run(PlacementCommand.newBuilder().setCreateKeyspace(plan).build());
  }

  private static PlacementCommand register(String incarnation) {
    return PlacementCommand.newBuilder()
        .setRegisterNode(
            RegisterNodeRequest.newBuilder().setIncarnation(incarnation).setAddress("h:1"))
        .build();
  }

  private static PlacementCommand begin(Job... jobs) {
    BeginJobs.Builder begin = BeginJobs.newBuilder();
    for (Job job : jobs) {
      begin.addJobs(JobMessages.write(job));
    }
    return PlacementCommand.newBuilder().setBeginJobs(begin).build();
  }

  private static PlacementCommand end(long job, JobEnd end) {
    return PlacementCommand.newBuilder()
        .setEndJob(EndJob.newBuilder().setJob(job).setEnd(end).setWhy("said so"))
        .build();
  }

  private static PlacementCommand change(long node, ChangeNodeRequest.Change change) {
    return PlacementCommand.newBuilder()
        .setChangeNode(ChangeNodeRequest.newBuilder().setNode(node).setChange(change))
        .build();
  }

  private WishPlanner planner() {
    Map<Long, LoadView.Health> health = new HashMap<>();
    machine.view().nodes().keySet().forEach(id -> health.put(id, LoadView.Health.STEADY));
    Map<Long, Long> leaders = new HashMap<>();
    machine
        .view()
        .shardsSince(0)
        .forEach(shard -> leaders.put(shard.id(), shard.replicas().get(0).node()));
    return new WishPlanner(machine.view(), new LoadView(true, health, leaders, Map.of(), Set.of()));
  }

  @Test
  void jobsOfAllKindsBeginOnceAndAreRemembered() throws Exception {
    fourNodesTwoShards();
    Move move = planner().move(1, 1, 4);
    Split split = planner().split(2, KeyBytes.EMPTY);
    PlacementResult both = run(begin(move, split.begun(0)));
    assertThat(both.getJobsCount()).as("ids of the second were not fresh any more").isEqualTo(1);
    assertThat(both.getErrorCode()).isZero();
    assertThat(both.getMessage()).contains("was handed out before");
    PlacementResult again = run(begin(planner().split(2, KeyBytes.EMPTY)));
    assertThat(again.getJobsCount()).isEqualTo(1);
    assertThat(machine.view().jobs()).hasSize(2);
    assertThat(machine.view().freshIds().shard()).isEqualTo(4);

    store.close();
    open();
    assertThat(machine.view().jobs().get(1L)).isEqualTo(move.begun(6));
    long id = again.getJobs(0).getId();
    assertThat(run(end(id, JobEnd.CANCELLED)).getErrorCode()).isZero();
    assertThat(machine.view().ended().get(id).ending())
        .isEqualTo(new Ending(Ending.How.CANCELLED, "said so"));
    assertRefused(end(id, JobEnd.DONE), Outcome.CONFLICT, "job " + id + " is over already");
  }

  private Recovery recovery(long shard, Epoch expected) {
    Shard known = machine.view().shard(shard).orElseThrow();
    return new Recovery(0, shard, expected, known.replicas().get(0), 3, "lost");
  }

  private static PlacementCommand together(Job... jobs) {
    PlacementCommand each = begin(jobs);
    return each.toBuilder().setBeginJobs(each.getBeginJobs().toBuilder().setTogether(true)).build();
  }

  @Test
  void whatIsToBeginTogetherBeginsTogetherOrNotAtAll() throws Exception {
    fourNodesTwoShards();
    Recovery first = recovery(1, Epoch.FIRST);
    Recovery other = recovery(2, Epoch.FIRST);
    ClusterView before = machine.view();
    PlacementCommand stale = together(first, recovery(2, new Epoch(1, 7)));
    assertRefused(stale, Outcome.STALE, "shard 2 is at epoch 1.1, not 1.7");
    assertThat(run(stale).getJobsCount()).isZero();
    assertThat(machine.view().jobs()).isEmpty();
    assertThat(machine.view().revision()).isEqualTo(before.revision());
    // It meets what those before it have begun.
    PlacementCommand twice = together(first, other, recovery(2, new Epoch(1, 7)));
    assertRefused(twice, Outcome.CONFLICT, "is under way: it recovers shard 2");
    assertThat(machine.view().jobs()).isEmpty();
    assertThat(run(together(first, other)).getJobsCount()).isEqualTo(2);
    assertThat(machine.view().jobs()).hasSize(2);
    assertThat(run(together(first, other)).getJobsCount()).as("asked again").isEqualTo(2);
    assertThat(machine.view().jobs()).hasSize(2);
  }

  @Test
  void aJobThatDoesNotFitAnyMoreIsStale() throws Exception {
    fourNodesTwoShards();
    Shard shard = machine.view().shard(1).orElseThrow();
    Split old =
        new Split(
            0,
            1,
            new Epoch(1, 9),
            KeyBytes.EMPTY,
            3,
            planner().split(1, KeyBytes.EMPTY).newReplicas(),
            "");
    assertRefused(begin(old), Outcome.STALE, "shard 1 is at epoch 1.1, not 1.9");
    Transfer nobody = new Transfer(0, 1, new Replica(4, 99, Replica.Role.VOTER), "");
    assertRefused(begin(nobody), Outcome.STALE, "no voter with id 99");
    Move toHolder =
        new Move(0, 1, shard.replicas().get(0).id(), new Replica(2, 50, Replica.Role.VOTER), "");
    assertRefused(begin(toHolder), Outcome.STALE, "node 2 holds a replica of shard 1 already");
    run(change(4, ChangeNodeRequest.Change.DRAIN));
    Move toDraining =
        new Move(0, 1, shard.replicas().get(0).id(), new Replica(4, 50, Replica.Role.VOTER), "");
    assertRefused(begin(toDraining), Outcome.STALE, "node 4 is draining");
  }

  /** Ranges tile the key space at every revision, whatever a group says of itself. */
  @Test
  void whatWasCutComesWithAllThatItCutOffOrNotAtAll() throws Exception {
    fourNodesTwoShards();
    Split split = planner().split(1, KeyBytes.EMPTY);
    run(begin(split));
    Shard before = machine.view().shard(1).orElseThrow();
    PlacementCommand whole = cut(before, split);
    KeyBytes start = before.range().start();
    KeyBytes beyond = start.followedBy(KeyBytes.of((byte) 1));
    assertNotCut(whole, parent -> parent.clearCutOff(), "are not the range");
    assertNotCut(
        whole,
        parent -> parent.getCutOffBuilder(0).setStart(MapMessages.write(beyond)),
        "are not the range");
    assertNotCut(
        whole,
        parent -> parent.getCutOffBuilder(0).setStart(MapMessages.write(start)),
        "are not the range");
    assertNotCut(
        whole,
        parent -> parent.getCutOffBuilder(0).setEnd(MapMessages.write(beyond)),
        "are not the range");
    assertNotCut(whole, parent -> parent.getCutOffBuilder(0).setKeyspace(2), "never handed out");
    assertNotCut(whole, parent -> parent.getCutOffBuilder(0).setId(99), "never handed out");
    assertNotCut(
        whole,
        parent -> parent.getCutOffBuilder(0).getReplicasBuilder(0).setReplica(99),
        "never handed out");
    assertThat(run(whole).getErrorCode()).isZero();
    assertThat(machine.view().shard(split.newShard())).isPresent();
    assertThat(machine.view().jobs()).isEmpty();
  }

  private void assertNotCut(
      PlacementCommand whole, Consumer<io.flotilla.proto.map.Shard.Builder> change, String why)
      throws Exception {
    PlacementCommand.Builder changed = whole.toBuilder();
    change.accept(changed.getShardChangedBuilder());
    assertRefused(changed.build(), Outcome.CONFLICT, why);
  }

  @Test
  void onlySoManyEndedJobsAreRemembered() throws Exception {
    fourNodesTwoShards();
    for (int i = 0; i < JobBook.ENDED_MAX + 5; i++) {
      long id = run(begin(planner().transfer(1, 0))).getJobs(0).getId();
      run(end(id, JobEnd.DONE));
    }
    assertThat(machine.view().ended()).hasSize(JobBook.ENDED_MAX);
    ClusterView before = machine.view();
    store.close();
    open();
    assertThat(machine.view()).isEqualTo(before);
  }

  /** However long it took: one that was under way while many others began and ended. */
  @Test
  void whatEndedFirstIsForgottenFirst() throws Exception {
    fourNodesTwoShards();
    long slow = run(begin(planner().move(1, 1, 4))).getJobs(0).getId();
    beginAndEnd(JobBook.ENDED_MAX);
    run(end(slow, JobEnd.GIVEN_UP));
    assertThat(machine.view().ended()).as("ended a moment ago").containsKey(slow);
    assertThat(machine.view().ended()).hasSize(JobBook.ENDED_MAX);
    store.close();
    open();
    beginAndEnd(JobBook.ENDED_MAX - 1);
    assertThat(machine.view().ended()).as("is the oldest now").containsKey(slow);
    beginAndEnd(1);
    assertThat(machine.view().ended()).doesNotContainKey(slow);
  }

  private void beginAndEnd(int transfers) throws Exception {
    for (int i = 0; i < transfers; i++) {
      run(end(run(begin(planner().transfer(2, 0))).getJobs(0).getId(), JobEnd.DONE));
    }
  }

  @Test
  void aDrainOutlivesAnotherRegistration() throws Exception {
    fourNodesTwoShards();
    run(change(2, ChangeNodeRequest.Change.DRAIN));
    run(
        PlacementCommand.newBuilder()
            .setRegisterNode(
                RegisterNodeRequest.newBuilder().setIncarnation("n2").setAddress("h:99"))
            .build());
    Node node = machine.view().node(2).orElseThrow();
    assertThat(node.address()).isEqualTo("h:99");
    assertThat(node.isDraining()).isTrue();
    run(change(2, ChangeNodeRequest.Change.UNDRAIN));
    assertThat(machine.view().node(2).orElseThrow().isDraining()).isFalse();
  }

  /** That one's job was cancelled when the group had begun to take it in; the map did not know. */
  @Test
  void aMoveToWhereAnotherReplicaHasComeIsGivenUp() throws Exception {
    fourNodesTwoShards();
    Shard before = machine.view().shard(1).orElseThrow();
    long from = before.replicas().get(0).id();
    long free =
        LongStream.rangeClosed(1, 4)
            .filter(node -> before.replicaOn(node).isEmpty())
            .findFirst()
            .orElseThrow();
    Move move = new Move(5, 1, from, new Replica(free, 98, Replica.Role.VOTER));
    List<Replica> replicas = new ArrayList<>(before.replicas());
    replicas.add(new Replica(free, 97, Replica.Role.LEARNER));
    assertThat(move.endedBy(with(before, replicas), Set.of(), Set.of()))
        .as("a learner will go")
        .isEmpty();
    replicas.set(replicas.size() - 1, new Replica(free, 97, Replica.Role.INCOMING));
    assertThat(move.endedBy(with(before, replicas), Set.of(), Set.of()))
        .contains(new Ending(Ending.How.GIVEN_UP, "replica 97 is on node " + free));
  }

  private static Shard with(Shard shard, List<Replica> replicas) {
    return new Shard(shard.id(), shard.keyspace(), shard.range(), shard.epoch(), replicas, 0);
  }

  /** A keyspace that was made before anybody kept how many replicas it asked for. */
  @Test
  void howManyReplicasAreAskedForIsKept() throws Exception {
    fourNodesTwoShards();
    store.close();
    open();
    assertThat(machine.view().keyspaceNamed("default").orElseThrow().replicas()).isEqualTo(3);
    store.close();
    directory = directory.resolve("older");
    open();
    fourNodesTwoShards(plan -> plan.getKeyspaceBuilder().clearReplicas());
    store.close();
    open();
    assertThat(machine.view().keyspaceNamed("default").orElseThrow().replicas()).isZero();
  }

  @Test
  void aReplicaIsAddedToOneNumberOfVotersOnly() throws Exception {
    fourNodesTwoShards();
    Replica to = new Replica(4, 50, Replica.Role.VOTER);
    Move third = new Move(0, 1, 0, to, 3, "");
    assertRefused(
        begin(third), Outcome.STALE, "shard 1 has 3 voters; with one more there were to be 3");
    Move neither = new Move(0, 1, 1, to, "");
    PlacementCommand.Builder nobody = begin(neither).toBuilder();
    nobody.getBeginJobsBuilder().getJobsBuilder(0).getMoveBuilder().setFrom(0);
    assertRefused(nobody.build(), Outcome.INVALID, "exactly one of the two is said");
    Move fourth = new Move(0, 1, 0, to, 4, "it has 3 of 4 replicas");
    long id = run(begin(fourth)).getJobs(0).getId();
    Move same = new Move(0, 1, 0, new Replica(4, 51, Replica.Role.VOTER), 4, "");
    assertRefused(begin(same), Outcome.STALE, "it adds a replica of shard 1 on node 4");
    assertRefused(
        change(4, ChangeNodeRequest.Change.REMOVE), Outcome.CONFLICT, "1 are on their way to it");
    store.close();
    open();
    assertThat(machine.view().job(id)).contains(fourth.begun(id));
    assertThat(machine.view().freshIds().replica()).isEqualTo(51);
    run(end(id, JobEnd.CANCELLED));
    store.close();
    open();
    assertThat(machine.view().ended().get(id).job()).isEqualTo(fourth.begun(id));
  }

  @Test
  void whoIsLeftOutNeedsNoFreshId() throws Exception {
    fourNodesTwoShards();
    Shard before = machine.view().shard(1).orElseThrow();
    Replica lost = before.replicas().get(1);
    Move leaving = new Move(0, 1, lost.id(), lost, "it is lost");
    long next = machine.view().freshIds().replica();
    long id = run(begin(leaving)).getJobs(0).getId();
    assertThat(machine.view().freshIds().replica()).isEqualTo(next);
    store.close();
    open();
    assertThat(machine.view().job(id)).contains(leaving.begun(id));
    List<Replica> replicas = new ArrayList<>(before.replicas());
    assertThat(leaving.beyondCancelling(before)).as("it is still a voter").isEmpty();
    replicas.set(1, new Replica(lost.node(), lost.id(), Replica.Role.OUTGOING));
    assertThat(leaving.beyondCancelling(with(before, replicas))).isPresent();
    assertThat(leaving.endedBy(with(before, replicas), Set.of(), Set.of())).isEmpty();
    replicas.remove(1);
    assertThat(leaving.endedBy(with(before, replicas), Set.of(), Set.of()))
        .map(Ending::how)
        .contains(Ending.How.DONE);
    run(end(id, JobEnd.CANCELLED));
    Replica gone = new Replica(lost.node(), 99, Replica.Role.VOTER);
    assertRefused(begin(new Move(0, 1, 99, gone, "")), Outcome.STALE, "shard 1 has no replica 99");
  }

  @Test
  void replaysToTheSameStateWhateverWasFlushed() throws Exception {
    fourNodesTwoShards();
    Random random = new Random(5);
    for (int i = 0; i < 200; i++) {
      run(random(random));
    }
    assertThat(machine.view().ended()).isNotEmpty();
    assertThat(machine.view().shards()).hasSizeGreaterThan(2);
    ClusterView expected = machine.view();
    for (int crash = 3; crash < log.size(); crash += 40) {
      Path other = directory.resolveSibling(directory.getFileName() + "-" + crash);
      PlacementStore first = new PlacementStore(other);
      applyAll(first, new PlacementStateMachine(first, Generations.INITIAL), log.subList(0, crash));
      if (random.nextBoolean()) {
        first.loseUnflushed();
      }
      first.close();
      PlacementStore second = new PlacementStore(other);
      PlacementStateMachine restarted = new PlacementStateMachine(second, Generations.INITIAL);
      applyAll(second, restarted, log.subList((int) restarted.appliedIndex(), log.size()));
      assertThat(restarted.view()).isEqualTo(expected);
      second.close();
    }
  }

  @Test
  void membersOfPlacementAreAddedAndRemovedForGood() throws Exception {
    run(member(ChangeMember.Change.ADD, 1, "h:1"));
    assertRefused(member(ChangeMember.Change.REMOVE, 1, ""), Outcome.CONFLICT, "is the only one");
    run(member(ChangeMember.Change.ADD, 2, "h:2"));
    assertRefused(member(ChangeMember.Change.ADD, 2, "h:3"), Outcome.STALE, "there already");
    assertRefused(member(ChangeMember.Change.ADD, 3, "h:2"), Outcome.CONFLICT, "is member 2");
    assertRefused(member(ChangeMember.Change.ADD, 3, ""), Outcome.INVALID, "an address");
    assertRefused(member(ChangeMember.Change.REMOVE, 3, ""), Outcome.NOT_FOUND, "no member 3");
    long before = machine.view().revision();
    assertThat(run(member(ChangeMember.Change.REMOVE, 1, "")).getRevision()).isEqualTo(before + 1);
    assertRefused(member(ChangeMember.Change.REMOVE, 1, ""), Outcome.NOT_FOUND, "removed already");
    assertRefused(member(ChangeMember.Change.ADD, 1, "h:9"), Outcome.STALE, "or was");
    run(member(ChangeMember.Change.ADD, 3, "h:1"));
    for (int id = 4; id <= 10; id++) {
      run(member(ChangeMember.Change.ADD, id, "h:" + id));
    }
    assertRefused(member(ChangeMember.Change.ADD, 11, "h:11"), Outcome.CONFLICT, "its bound");

    ClusterView expected = machine.view();
    store.close();
    open();
    assertThat(machine.view()).isEqualTo(expected);
    assertThat(machine.view().settings().member(1)).contains(new Member(1, "h:1", true));
  }

  private static PlacementCommand member(ChangeMember.Change change, long id, String address) {
    return PlacementCommand.newBuilder()
        .setChangeMember(
            ChangeMember.newBuilder().setChange(change).setMember(id).setAddress(address))
        .build();
  }

  private PlacementCommand random(Random random) throws Exception {
    List<Shard> shards = machine.view().shardsSince(0);
    Shard shard = shards.get(random.nextInt(shards.size()));
    Job job = machine.view().jobs().get(shard.id());
    long node = 1L + random.nextInt(4);
    return switch (random.nextInt(7)) {
      case 0 -> change(node, ChangeNodeRequest.Change.forNumber(1 + random.nextInt(2)));
      case 1 ->
          PlacementCommand.newBuilder()
              .setSetBalance(SetBalanceRequest.newBuilder().setOn(random.nextBoolean()))
              .build();
      case 2 ->
          PlacementCommand.newBuilder()
              .setShardGoal(
                  ShardGoal.newBuilder()
                      .setKeyspace(1)
                      .setShards(shards.size() + random.nextInt(3))
                      .setBefore(machine.view().settings().goals().getOrDefault(1, 0)))
              .build();
      case 3 -> job == null ? register("n" + node) : end(job.id(), JobEnd.CANCELLED);
      default -> job instanceof Split split ? cut(shard, split) : begin(wish(shard, random));
    };
  }

  private Job wish(Shard shard, Random random) throws Exception {
    if (machine.view().jobs().containsKey(shard.id())) {
      return new Transfer(0, shard.id(), shard.replicas().get(0), "in vain");
    }
    return random.nextBoolean()
        ? planner().split(shard.id(), KeyBytes.EMPTY)
        : planner().transfer(shard.id(), shard.replicas().get(1).node());
  }

  private static PlacementCommand cut(Shard before, Split split) {
    KeyBytes at = before.range().start().followedBy(KeyBytes.of((byte) 0));
    var epoch =
        MapMessages.write(new Epoch(before.epoch().version() + 1, before.epoch().confVersion()));
    var child =
        io.flotilla.proto.map.Shard.newBuilder()
            .setId(split.newShard())
            .setKeyspace(before.keyspace())
            .setStart(MapMessages.write(at))
            .setEnd(MapMessages.write(before.range().end()))
            .setEpoch(epoch);
    split.newReplicas().forEach(replica -> child.addReplicas(MapMessages.write(replica)));
    return PlacementCommand.newBuilder()
        .setShardChanged(
            MapMessages.write(before).toBuilder()
                .setEpoch(epoch)
                .setEnd(MapMessages.write(at))
                .addCutOff(child))
        .build();
  }

  private static void applyAll(
      PlacementStore store, PlacementStateMachine machine, List<Entry> entries) throws Exception {
    try (PlacementRound round = store.newRound()) {
      for (Entry entry : entries) {
        machine.apply(List.of(entry), round);
        round.commit();
      }
    }
  }
}
