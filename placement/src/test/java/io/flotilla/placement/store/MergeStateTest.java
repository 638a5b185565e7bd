package io.flotilla.placement.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Ending;
import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.Frozen;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.KeyRange;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Partitioning;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.model.Transfer;
import io.flotilla.placement.plan.KeyspacePlanner;
import io.flotilla.placement.plan.KeyspaceWish;
import io.flotilla.proto.placement.BeginJobs;
import io.flotilla.proto.placement.EndJob;
import io.flotilla.proto.placement.JobEnd;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.ShardGoal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a merge does to the map, with four shards in a row on three nodes of four. */
final class MergeStateTest extends OneStateMachine {
  private static final Epoch SECOND = new Epoch(2, 1);

  @BeforeEach
  void fourShards() throws Exception {
    for (int i = 1; i <= 4; i++) {
      run(
          PlacementCommand.newBuilder()
              .setRegisterNode(
                  RegisterNodeRequest.newBuilder().setIncarnation("n" + i).setAddress("h:1"))
              .build());
    }
    KeyspaceWish wish = new KeyspaceWish("default", Partitioning.RANGE, 4, List.of(), 3);
    run(
        PlacementCommand.newBuilder()
            .setCreateKeyspace(
                MapMessages.write(KeyspacePlanner.plan(machine.view(), wish, Set.of(4L))))
            .build());
  }

  @Override
  PlacementResult run(PlacementCommand command) throws Exception {
    PlacementResult result = super.run(command);
    assertTiles();
    return result;
  }

  private void assertTiles() {
    List<KeyRange> ranges =
        machine.view().shardsSince(0).stream()
            .map(Shard::range)
            .sorted((a, b) -> a.start().compareTo(b.start()))
            .toList();
    for (int i = 1; i < ranges.size(); i++) {
      assertThat(ranges.get(i).start()).isEqualTo(ranges.get(i - 1).end());
    }
  }

  private void assertRefused(PlacementCommand command, String why) throws Exception {
    ClusterView before = machine.view();
    PlacementResult result = run(command);
    assertThat(result.getErrorCode()).isNotZero();
    assertThat(result.getMessage()).contains(why);
    assertThat(machine.view()).isEqualTo(before);
  }

  private Shard shard(long id) {
    return machine.view().shard(id).orElseThrow();
  }

  private static PlacementCommand begin(Job job) {
    return PlacementCommand.newBuilder()
        .setBeginJobs(BeginJobs.newBuilder().addJobs(JobMessages.write(job)))
        .build();
  }

  private Merge merge(long shard, long into) {
    return new Merge(0, shard, shard(shard).epoch(), into, shard(into).epoch(), "test");
  }

  private long begun(Job job) throws Exception {
    return run(begin(job)).getJobs(0).getId();
  }

  private static PlacementCommand changed(Shard shard) {
    return PlacementCommand.newBuilder().setShardChanged(MapMessages.write(shard)).build();
  }

  private static Shard at(Shard shard, Epoch epoch, KeyRange range, Optional<Frozen> frozen) {
    return new Shard(
        shard.id(),
        shard.keyspace(),
        range,
        epoch,
        shard.replicas(),
        shard.preferredLeader(),
        frozen);
  }

  private Shard frozen(long id, long into) {
    Shard shard = shard(id);
    Epoch epoch = new Epoch(shard.epoch().version() + 1, shard.epoch().confVersion());
    Frozen how = new Frozen(into, shard(into).epoch(), 7, shard.replicas());
    return at(shard, epoch, shard.range(), Optional.of(how));
  }

  /** As it is when it has taken in the others, which are frozen. */
  private Shard wide(long id, long version, long first, long last) {
    KeyRange range = new KeyRange(shard(first).range().start(), shard(last).range().end());
    return at(shard(id), new Epoch(version, 1), range, Optional.empty());
  }

  private Ending ending(long job) {
    assertThat(machine.view().job(job)).isEmpty();
    return machine.view().ended().get(job).ending();
  }

  @Test
  void oneOfTwoNeighboursLeavesTheMapAsTheOtherGetsItsRange() throws Exception {
    for (long[] pair : new long[][] {{2, 1}, {3, 4}}) {
      long job = begun(merge(pair[0], pair[1]));
      run(changed(frozen(pair[0], pair[1])));
      assertThat(machine.view().job(job)).as("goes on").isPresent();
      assertThat(shard(pair[0]).frozen()).isPresent();
      long before = machine.view().revision();
      run(changed(wide(pair[1], 3, Math.min(pair[0], pair[1]), Math.max(pair[0], pair[1]))));
      assertThat(machine.view().revision()).as("at once").isEqualTo(before + 1);
      assertThat(machine.view().shard(pair[0])).isEmpty();
      assertThat(machine.view().shardsAbsorbedSince(before).orElseThrow())
          .extracting(Shard::id)
          .containsExactly(pair[0]);
      assertThat(ending(job).how()).isEqualTo(Ending.How.DONE);
    }
    assertThat(machine.view().shards()).containsOnlyKeys(1L, 4L);
    ClusterView before = machine.view();
    close();
    open();
    assertThat(machine.view()).isEqualTo(before);
  }

  @Test
  void neitherSideHasAnotherJobMeanwhile() throws Exception {
    long job = begun(merge(2, 1));
    assertThat(run(begin(merge(2, 1))).getJobs(0).getId()).as("the same").isEqualTo(job);
    String why = "job " + job + " is under way: it merges shard 2 into its neighbour, shard 1";
    for (long shard : List.of(1L, 2L)) {
      Replica first = shard(shard).replicas().get(0);
      assertRefused(begin(new Transfer(0, shard, first, "")), why);
      Replica fresh = new Replica(4, machine.view().freshIds().replica(), Replica.Role.VOTER);
      assertRefused(begin(new Move(0, shard, first.id(), fresh, "")), why);
    }
    assertRefused(begin(merge(3, 2)), why);
    assertRefused(begin(merge(1, 2)), why);
    long other = begun(new Transfer(0, 3, shard(3).replicas().get(0), ""));
    assertRefused(begin(merge(3, 4)), "job " + other + " is under way");
    assertRefused(begin(merge(4, 3)), "job " + other + " is under way");
    close();
    open();
    assertRefused(begin(merge(1, 2)), why);
  }

  @Test
  void whatDoesNotFitDoesNotBegin() throws Exception {
    assertRefused(begin(merge(3, 1)), "shards 3 and 1 are not neighbours");
    assertRefused(
        begin(new Merge(0, 2, SECOND, 1, Epoch.FIRST, "")), "shard 2 is at epoch 1.1, not 2.1");
    assertRefused(
        begin(new Merge(0, 2, Epoch.FIRST, 1, SECOND, "")), "shard 1 is at epoch 1.1, not 2.1");
    assertRefused(begin(new Merge(0, 2, Epoch.FIRST, 9, Epoch.FIRST, "")), "there is no shard 9");
    Shard two = shard(2);
    run(
        changed(
            new Shard(
                2,
                two.keyspace(),
                two.range(),
                new Epoch(1, 2),
                List.of(two.replicas().get(0), two.replicas().get(1)),
                0)));
    assertRefused(begin(merge(2, 1)), "are not on the same nodes: shard 2 is on [1, 2]");
    run(changed(frozen(3, 4)));
    assertRefused(begin(merge(3, 4)), "shard 3 is frozen");
    assertRefused(begin(merge(4, 3)), "shard 3 is frozen");
  }

  @Test
  void anyOtherChangeOfEitherSideEndsIt() throws Exception {
    long byTarget = begun(merge(2, 1));
    run(changed(at(shard(1), new Epoch(1, 2), shard(1).range(), Optional.empty())));
    assertThat(ending(byTarget).how()).isEqualTo(Ending.How.GIVEN_UP);
    assertThat(ending(byTarget).why()).contains("shard 1 came to epoch 1.2 by something else");
    long bySource = begun(merge(2, 1));
    run(changed(at(shard(2), new Epoch(1, 2), shard(2).range(), Optional.empty())));
    assertThat(ending(bySource).why()).contains("shard 2 came to epoch 1.2 by something else");
    long byAnother = begun(merge(2, 1));
    run(changed(frozen(2, 3)));
    assertThat(ending(byAnother).why()).contains("shard 2 came to epoch 2.2 by something else");
    long byThaw = begun(merge(4, 3));
    run(changed(frozen(4, 3)));
    run(changed(at(shard(4), new Epoch(3, 1), shard(4).range(), Optional.empty())));
    assertThat(ending(byThaw).why()).contains("shard 4 came to epoch 3.1 by something else");
  }

  @Test
  void aFrozenShardsOwnChangeOfMembersDoesNotEndIt() throws Exception {
    long job = begun(merge(2, 1));
    run(changed(frozen(2, 1)));
    run(changed(at(shard(2), new Epoch(2, 2), shard(2).range(), shard(2).frozen())));
    assertThat(machine.view().job(job)).isPresent();
  }

  @Test
  void aRangeIsTakenOnlyFromWhoWasFrozenForIt() throws Exception {
    assertRefused(changed(wide(1, 9, 1, 2)), "shard 2, which was not frozen for it");
    run(changed(frozen(2, 3)));
    assertRefused(changed(wide(1, 9, 1, 2)), "shard 2, which was not frozen for it");
    assertRefused(changed(wide(3, 2, 2, 3)), "shard 2, which was not frozen for it");
    KeyRange half =
        new KeyRange(
            shard(2).range().start().followedBy(shard(2).range().start()), shard(3).range().end());
    assertRefused(
        changed(at(shard(3), new Epoch(3, 1), half, Optional.empty())), "are not the range");
    run(changed(frozen(4, 3)));
    run(changed(wide(3, 3, 2, 4)));
    assertThat(machine.view().shards()).as("two at once").containsOnlyKeys(1L, 3L);
  }

  /** The merge was cancelled, but the neighbour's log had it already. */
  @Test
  void aCancelledMergeThatHappenedEndsWhatWasBegunSince() throws Exception {
    long merge = begun(merge(2, 1));
    Shard late = at(shard(1), SECOND, shard(1).range(), Optional.empty());
    run(changed(frozen(2, 1)));
    run(
        PlacementCommand.newBuilder()
            .setEndJob(EndJob.newBuilder().setJob(merge).setEnd(JobEnd.CANCELLED).setWhy("said so"))
            .build());
    long since = begun(new Transfer(0, 2, shard(2).replicas().get(0), ""));
    run(changed(wide(1, 3, 1, 2)));
    assertThat(ending(merge).how()).isEqualTo(Ending.How.CANCELLED);
    assertThat(ending(since))
        .isEqualTo(new Ending(Ending.How.GIVEN_UP, "shard 2 was merged into shard 1"));
    ClusterView after = machine.view();
    run(changed(late));
    assertThat(machine.view()).as("late news").isEqualTo(after);
  }

  @Test
  void whatAnAbsorbedShardSaysOfItselfIsTooLate() throws Exception {
    begun(merge(2, 1));
    Shard before = shard(2);
    run(changed(frozen(2, 1)));
    run(changed(wide(1, 3, 1, 2)));
    assertRefused(
        changed(at(before, new Epoch(9, 9), before.range(), Optional.empty())),
        "no shard 2 was created");
  }

  @Test
  void onlySoManyAbsorbedShardsAreRememberedAndWhoIsOlderGetsAll() {
    TreeMap<Long, Revised<Shard>> absorbed = new TreeMap<>();
    for (long id = 1; id < ClusterView.ABSORBED_MAX; id++) {
      absorbed.put(id, new Revised<>(100 + id, shard(1)));
    }
    assertThat(with(absorbed).shardsAbsorbedSince(5).orElseThrow()).hasSize(absorbed.size());
    absorbed.put(5000L, new Revised<>(5000, shard(1)));
    assertThat(with(absorbed).shardsAbsorbedSince(100)).isEmpty();
    assertThat(with(absorbed).shardsAbsorbedSince(101).orElseThrow()).hasSize(absorbed.size() - 1);
    assertThat(with(absorbed).shardsAbsorbedSince(5000).orElseThrow()).isEmpty();
  }

  private ClusterView with(SortedMap<Long, Revised<Shard>> absorbed) {
    ClusterView view = machine.view();
    return new ClusterView(
        view.cluster(),
        view.revision(),
        view.layoutRevision(),
        view.freshIds(),
        view.nodes(),
        view.removed(),
        view.keyspaces(),
        view.shards(),
        absorbed,
        view.jobs(),
        view.ended(),
        view.settings());
  }

  @Test
  void whatWasAskedForIsRemembered() throws Exception {
    assertThat(machine.view().settings().floors()).containsExactly(Map.entry(1, 4));
    run(goal(ShardGoal.newBuilder().setShards(6).setFloor(6)));
    assertThat(machine.view().settings()).isEqualTo(settings(6, 6));
    run(goal(ShardGoal.newBuilder().setShards(0).setBefore(6)));
    assertThat(machine.view().settings()).as("of before").isEqualTo(settings(0, 6));
    run(goal(ShardGoal.newBuilder().setFloor(3)));
    close();
    open();
    assertThat(machine.view().settings()).isEqualTo(settings(0, 3));
  }

  private static PlacementCommand goal(ShardGoal.Builder goal) {
    return PlacementCommand.newBuilder().setShardGoal(goal.setKeyspace(1)).build();
  }

  private static Settings settings(int goal, int floor) {
    return Settings.INITIAL.withGoal(1, goal).withFloor(1, floor);
  }
}
