package io.flotilla.placement.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Recovery;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What counts as lost for good, and with whom it goes on. */
class LossPlannerTest {
  private final PlanWorld world = new PlanWorld();
  private final Map<Long, Loss.Reach> reaches = new HashMap<>();
  private final Map<Long, Shard> leaderless = new HashMap<>();
  private final Map<Long, List<Replica>> ahead = new HashMap<>();
  private final Set<Long> lost = new HashSet<>();
  private long shard;

  @BeforeEach
  void fiveReplicasOfWhichThreeAreLost() {
    world.nodes(6);
    shard = world.shard(1, 2, 3, 4, 5);
    world.leaders.remove(shard);
    for (Replica replica : shard().replicas()) {
      reaches.put(replica.id(), reach(2, 40, Epoch.FIRST));
    }
    for (long node = 1; node <= 3; node++) {
      world.health.put(node, LoadView.Health.DEAD);
    }
  }

  private static Loss.Reach reach(long term, long index, Epoch epoch) {
    return new Loss.Reach(term, index, index, epoch);
  }

  private Shard shard() {
    return world.shards.get(shard).value();
  }

  private Replica on(long node) {
    return shard().replicaOn(node).orElseThrow();
  }

  private void reaches(long node, long term, long index) {
    reaches.put(on(node).id(), reach(term, index, Epoch.FIRST));
  }

  private LossPlanner planner() {
    return new LossPlanner(
        world.view(),
        world.load(),
        (replica, of) ->
            reaches.containsKey(replica.id()) || lost.contains(replica.id())
                ? Optional.of(told(replica.id()))
                : Optional.empty());
  }

  private Loss.Told told(long replica) {
    return new Loss.Told(
        Optional.ofNullable(reaches.get(replica)),
        lost.contains(replica),
        Optional.ofNullable(leaderless.get(replica)),
        ahead.getOrDefault(replica, List.of()));
  }

  private long survivor() throws PlanRefusedException {
    return planner().of(shard).survivor().replica().node();
  }

  private void assertRefused(String why) {
    assertThatThrownBy(() -> planner().of(shard))
        .isInstanceOf(PlanRefusedException.class)
        .hasMessage(why);
    assertThatThrownBy(() -> planner().recovery(shard, on(4).id()))
        .isInstanceOf(PlanRefusedException.class)
        .hasMessage(why);
  }

  private void roles(Map<Long, Replica.Role> roles) {
    Shard before = shard();
    List<Replica> replicas = new ArrayList<>();
    for (Replica replica : before.replicas()) {
      replicas.add(
          new Replica(
              replica.node(), replica.id(), roles.getOrDefault(replica.node(), replica.role())));
    }
    world.shards.put(
        shard,
        new Revised<>(
            2, new Shard(shard, before.keyspace(), before.range(), before.epoch(), replicas, 0)));
  }

  @Test
  void theFurthestLogGoesOn() throws Exception {
    reaches(4, 2, 41);
    assertThat(survivor()).isEqualTo(4);
    reaches(5, 2, 43);
    assertThat(survivor()).isEqualTo(5);
    reaches(4, 3, 2);
    assertThat(survivor()).as("a later term beats a longer log").isEqualTo(4);
    reaches(1, 9, 99);
    assertThat(survivor()).as("who is dead").isEqualTo(4);
    assertThat(planner().recovery(shard, on(4).id()))
        .isEqualTo(
            new Recovery(
                0, shard, Epoch.FIRST, on(4), 3, "its majority is lost for good, somebody said"));
  }

  @Test
  void allThatIsKnownIsTold() throws Exception {
    reaches.remove(on(1).id());
    reaches.remove(on(5).id());
    assertThat(planner().of(shard).replicas())
        .extracting(Loss.Standing::fate)
        .containsExactly(
            Loss.Fate.DEAD, Loss.Fate.DEAD, Loss.Fate.DEAD, Loss.Fate.ALIVE, Loss.Fate.MISSING);
    assertThat(survivor()).isEqualTo(4);
    LossPlanner.Findings all = planner().all();
    assertThat(all.losses()).singleElement().isEqualTo(planner().of(shard));
    assertThat(all.obstacles()).isEmpty();
  }

  @Test
  void aShardWithAMajorityIsLeftAlone() throws Exception {
    world.health.put(3L, LoadView.Health.FRESH);
    assertRefused(
        "shard 1 has its majority: of 5 voters, 3 are on nodes that are heard; they elect a"
            + " leader");
    assertThat(planner().all().losses()).isEmpty();
    assertThat(planner().all().obstacles()).as("nothing to be said").isEmpty();
  }

  @Test
  void aShardWithALeaderIsLeftAlone() {
    world.leaders.put(shard, 5L);
    assertRefused("shard 1 has a leader, on node 5; nothing is to be recovered");
  }

  @Test
  void asLongAsAnyVoterMayComeBackNothingIsLostForGood() throws Exception {
    world.health.put(3L, LoadView.Health.SILENT);
    String silent = "shard 1 is not lost for good: node 3 is silent, but not judged dead yet";
    assertRefused(silent);
    assertThat(planner().all().losses()).isEmpty();
    assertThat(planner().all().obstacles()).containsExactly(silent);
    world.health.put(3L, LoadView.Health.UNREACHABLE);
    assertRefused(
        "shard 1 is not lost for good: node 3 is not heard by placement, but by other nodes: it is"
            + " not dead");
    world.health.put(3L, LoadView.Health.DEAD);
    world.health.put(4L, LoadView.Health.SILENT); // it may have what node 5 lacks
    assertRefused("shard 1 is not lost for good: node 4 is silent, but not judged dead yet");
  }

  @Test
  void aNodeThatWasRemovedNeverComesBack() throws Exception {
    world.removed.put(3L, world.nodes.remove(3L));
    world.health.remove(3L);
    assertThat(survivor()).isEqualTo(4);
  }

  @Test
  void aNewLeaderOfPlacementKnowsTooLittle() {
    world.settled = false;
    String early =
        "placement's leader is new and has not heard from everybody yet; try again in some seconds";
    assertRefused(early);
    assertThatThrownBy(() -> planner().all())
        .hasMessage(early)
        .hasFieldOrPropertyWithValue("kind", PlanRefusedException.Kind.TOO_EARLY);
  }

  @Test
  void whileMembersChangeEitherMajorityMayBeLost() throws Exception {
    roles(Map.of(1L, Replica.Role.OUTGOING, 2L, Replica.Role.OUTGOING));
    for (long node = 1; node <= 5; node++) {
      world.health.put(node, LoadView.Health.STEADY);
    }
    world.health.put(1L, LoadView.Health.DEAD);
    world.health.put(2L, LoadView.Health.DEAD);
    assertRefused(
        "shard 1 has its majority: of 5 voters, 3 are on nodes that are heard; they elect a"
            + " leader");
    world.health.put(1L, LoadView.Health.STEADY);
    world.health.put(3L, LoadView.Health.DEAD); // two of the three that will decide
    assertThat(planner().all().losses()).as("3 of 5 before, 2 of 3 after").isEmpty();
    world.health.put(4L, LoadView.Health.DEAD);
    assertThat(planner().of(shard).survivor().replica().node()).isEqualTo(1);
  }

  /** 6 is to come for 5, and 1 has heard of it as the last thing before its leader was lost. */
  private void changesLast(long on) {
    List<Replica> next = new ArrayList<>(shard().replicas());
    next.set(4, new Replica(5, on(5).id(), Replica.Role.OUTGOING));
    next.add(new Replica(6, 66, Replica.Role.INCOMING));
    reaches(on, 2, 41);
    ahead.put(on(on).id(), next);
  }

  private void areDead(long... nodes) {
    for (long node = 1; node <= 6; node++) {
      world.health.put(node, LoadView.Health.STEADY);
    }
    for (long node : nodes) {
      world.health.put(node, LoadView.Health.DEAD);
    }
  }

  @Test
  void whoseLogNamesMembersOfWhomTheMajorityIsLostIsNotElectedNorElectsOthers() throws Exception {
    changesLast(1);
    areDead(4, 6);
    assertThat(planner().all().losses()).as("3 of 5 before, 3 of 5 after").isEmpty();
    areDead(3, 4, 6);
    assertThat(planner().all().losses())
        .as("3 of 5 are left, but 1 lacks one of those to be, and votes for nobody else")
        .hasSize(1);
    assertThat(survivor()).isEqualTo(1);
    reaches(1, 2, 39);
    assertRefused(
        "shard 1 has its majority: of 5 voters, 3 are on nodes that are heard; they elect a"
            + " leader");
    reaches(1, 2, 41);
    world.health.put(6L, LoadView.Health.SILENT);
    assertRefused("shard 1 is not lost for good: node 6 is silent, but not judged dead yet");
    areDead(3, 4);
    reaches.put(66L, reach(2, 30, Epoch.FIRST));
    assertThat(planner().all().losses()).as("who is to come votes already").isEmpty();
    reaches.remove(66L);
    assertRefused("shard 1 is not lost for good: node 6 has not said yet what it holds");
  }

  @Test
  void whoHasAVoteByItsOwnLogGoesOn() throws Exception {
    roles(Map.of(5L, Replica.Role.LEARNER));
    List<Replica> next = new ArrayList<>(shard().replicas());
    next.set(3, new Replica(4, on(4).id(), Replica.Role.OUTGOING));
    next.set(4, new Replica(5, on(5).id(), Replica.Role.INCOMING));
    ahead.put(on(5).id(), next);
    reaches(5, 2, 41);
    assertThat(survivor()).isEqualTo(5);
  }

  @Test
  void whoOnlyLearnsDoesNotGoOn() throws Exception {
    roles(Map.of(5L, Replica.Role.LEARNER));
    reaches(5, 7, 70);
    assertThat(survivor()).isEqualTo(4);
    world.health.put(4L, LoadView.Health.DEAD);
    assertThatThrownBy(() -> planner().of(shard))
        .hasMessage(
            "shard 1 cannot be recovered: no replica that has a vote is left, on node 1, node 2,"
                + " node 3, node 4, node 5");
  }

  /** Its part of a split that was not applied here: it has only been told what it will be. */
  @Test
  void whoWaitsForAnImageDoesNotGoOn() throws Exception {
    reaches(4, 0, 0);
    assertThat(survivor()).isEqualTo(5);
    reaches(5, 0, 0);
    assertRefused(
        "shard 1 cannot be recovered: no replica that has a vote is left, on node 1, node 2,"
            + " node 3, node 4, node 5");
  }

  @Test
  void whatIsOfBeforeTheLastSplitCannotGoOn() {
    Shard before = shard();
    world.shards.put(
        shard,
        new Revised<>(
            2,
            new Shard(
                shard, before.keyspace(), before.range(), new Epoch(2, 1), before.replicas(), 0)));
    assertRefused(
        "shard 1 cannot be recovered: what is left of it, on node 4, is of before its last split"
            + " or merge (version 1, not 2), and would serve keys of another shard");
  }

  @Test
  void theLastSplitMayBeInALogThatIsNotAppliedYet() throws Exception {
    Shard before = shard();
    Epoch split = new Epoch(2, 1);
    world.shards.put(
        shard,
        new Revised<>(
            2, new Shard(shard, before.keyspace(), before.range(), split, before.replicas(), 0)));
    reaches.put(on(5).id(), reach(2, 40, split));
    reaches.put(on(4).id(), new Loss.Reach(2, 41, 39, Epoch.FIRST));
    assertThat(survivor()).as("its log has all that the other has applied").isEqualTo(4);
    reaches.put(on(4).id(), new Loss.Reach(2, 40, 39, Epoch.FIRST));
    assertThat(survivor()).as("of the same, any will do").isEqualTo(4);
    roles(Map.of(5L, Replica.Role.LEARNER));
    Shard learning = shard();
    world.shards.put(
        shard,
        new Revised<>(
            3, new Shard(shard, before.keyspace(), before.range(), split, learning.replicas(), 0)));
    for (Loss.Reach learned : List.of(reach(2, 42, split), reach(0, 0, split))) {
      reaches.put(on(5).id(), learned); // or it was only told
      assertRefused(
          "shard 1 cannot be recovered: what is left of it, on node 4, is of before its last split"
              + " or merge (version 1, not 2), and would serve keys of another shard");
    }
  }

  @Test
  void whoIsLostOnALivingNodeDoesNotCount() throws Exception {
    for (long node = 1; node <= 5; node++) {
      world.health.put(node, LoadView.Health.STEADY);
    }
    lost.add(on(1).id());
    lost.add(on(2).id());
    assertRefused(
        "shard 1 has its majority: of 5 voters, 3 are on nodes that are heard; they elect a"
            + " leader");
    lost.add(on(5).id());
    reaches.remove(on(5).id()); // its log could not be read
    reaches(2, 9, 99);
    assertThat(planner().of(shard).replicas())
        .extracting(Loss.Standing::fate)
        .containsExactly(
            Loss.Fate.LOST, Loss.Fate.LOST, Loss.Fate.ALIVE, Loss.Fate.ALIVE, Loss.Fate.LOST);
    assertThat(survivor()).as("not who is lost, however far").isEqualTo(3);
    assertThat(planner().all().losses()).hasSize(1);
    world.health.put(5L, LoadView.Health.SILENT);
    assertRefused("shard 1 is not lost for good: node 5 is silent, but not judged dead yet");
  }

  @Test
  void whoMayStillBeOpenedMayStillVote() throws Exception {
    for (long node = 1; node <= 3; node++) {
      world.health.put(node, LoadView.Health.STEADY);
    }
    lost.add(on(4).id());
    lost.add(on(5).id());
    reaches.remove(on(2).id());
    String early = "shard 1 is not lost for good: node 2 has not said yet what it holds";
    assertRefused(early);
    assertThat(planner().all().obstacles()).containsExactly(early);
    lost.add(on(2).id());
    assertThat(survivor()).isEqualTo(1);
  }

  /** The map's, with 6 for 3, as the group decided and could not tell. */
  private Shard changed(Epoch epoch) {
    Shard before = shard();
    List<Replica> replicas = new ArrayList<>(before.replicas());
    replicas.set(2, new Replica(6, 66, Replica.Role.VOTER));
    return new Shard(shard, before.keyspace(), before.range(), epoch, replicas, 0);
  }

  @Test
  void whoIsAheadOfTheMapIsBelieved() throws Exception {
    Epoch next = new Epoch(1, 2);
    reaches.put(66L, reach(2, 40, next));
    leaderless.put(on(4).id(), changed(next));
    assertRefused(
        "shard 1 has its majority: of 5 voters, 3 are on nodes that are heard; they elect a"
            + " leader");
    assertThat(planner().all().losses()).as("nor then").isEmpty();
    world.health.put(6L, LoadView.Health.DEAD);
    assertThat(planner().of(shard).shard()).isEqualTo(changed(next));
    assertThat(planner().recovery(shard, on(4).id()).expected()).isEqualTo(next);
    assertThat(planner().all().losses()).hasSize(1);
    world.health.put(3L, LoadView.Health.STEADY); // who has left is no help
    assertThat(planner().all().losses()).hasSize(1);
    leaderless.put(on(5).id(), changed(new Epoch(1, 3)));
    assertThat(planner().of(shard).shard().epoch()).as("the newest").isEqualTo(new Epoch(1, 3));
    world.leaders.put(shard, 5L);
    assertRefused("shard 1 has a leader, on node 5; nothing is to be recovered");
  }

  @Test
  void whatIsLeftOfBeforeASplitThatOnlyAnotherKnowsCannotGoOn() {
    leaderless.put(on(4).id(), changed(new Epoch(2, 1)));
    world.health.put(6L, LoadView.Health.DEAD);
    assertThatThrownBy(() -> planner().of(shard))
        .hasMessageContaining("is of before its last split or merge (version 1, not 2)");
  }

  @Test
  void whoIsDeadOrBehindOrLeftOutIsNotBelieved() throws Exception {
    Shard known = shard();
    leaderless.put(on(1).id(), changed(new Epoch(1, 2)));
    assertThat(planner().of(shard).shard()).as("said by a dead one").isEqualTo(known);
    leaderless.put(on(4).id(), changed(Epoch.FIRST));
    assertThat(planner().of(shard).shard()).as("no newer").isEqualTo(known);
    long leftOut = 66;
    reaches.put(leftOut, reach(9, 90, new Epoch(7, 7)));
    leaderless.put(leftOut, changed(new Epoch(7, 7)));
    assertThat(planner().of(shard).shard()).as("not named by the map").isEqualTo(known);
  }

  @Test
  void whatWaitsForAMajorityMakesRoomButAMergeIsTakenBackFirst() throws Exception {
    Move move =
        new Move(7, shard, on(1).id(), new Replica(6, 70, Replica.Role.VOTER), "node 1 is dead");
    world.jobs.put(shard, move);
    assertThat(survivor()).isEqualTo(4);
    assertThat(planner().recovery(shard, on(4).id()).replaces(move)).isTrue();
    Merge merge = new Merge(8, shard, Epoch.FIRST, 2, Epoch.FIRST, "asked for");
    world.jobs.put(shard, merge);
    assertThat(planner().all().obstacles())
        .containsExactly(
            "shard 1 has to wait: job 8 is under way: it merges shard 1 into its neighbour, shard"
                + " 2; wait until it is done");
  }

  @Test
  void whatWasAgreedToIsDoneOrNothing() throws Exception {
    reaches(5, 2, 43);
    assertThatThrownBy(() -> planner().recovery(shard, on(4).id()))
        .hasMessage(
            "shard 1 would go on with replica 5 on node 5 by now, not with replica 4; look again");
    Recovery underWay = planner().recovery(shard, on(5).id()).begun(9);
    world.jobs.put(shard, underWay);
    assertThat(planner().recovery(shard, on(5).id())).isEqualTo(underWay);
    assertThatThrownBy(() -> planner().recovery(shard, on(4).id()))
        .hasMessageStartingWith("shard 1 has to wait: job 9 is under way");
    assertThatThrownBy(() -> planner().of(99)).hasMessage("there is no shard 99");
  }
}
