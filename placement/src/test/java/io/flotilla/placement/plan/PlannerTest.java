package io.flotilla.placement.plan;

import static io.flotilla.placement.plan.PlanWorld.assertSays;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.KeyRange;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Partitioning;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One situation after the other: what is planned, and what is said about what is not. */
final class PlannerTest {
  private static final KeyBytes TOO_LONG = KeyBytes.of(new byte[4097]);

  private final PlanWorld world = new PlanWorld();

  @Test
  void aClusterThatIsEvenIsLeftAlone() {
    world.nodes(3);
    long shard = world.shard(1, 2, 3);
    world.shard(2, 3, 1);
    world.shard(3, 1, 2);
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "nothing is to be done");
    assertSays(world.why(shard), "replicas are even: 3 to 3 on each node");
    assertSays(world.why(shard), "leaders are even: 1 to 1 on each node");
  }

  @Test
  void nothingIsDoneWhileHalfOfTheNodesAreSilent() {
    world.nodes(4);
    long shard = world.shard(2, 1, 3);
    world.health.put(3L, LoadView.Health.DEAD);
    world.health.put(1L, LoadView.Health.DEAD);
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "2 of 4 nodes are silent; with so many");
  }

  @Test
  void nothingIsDoneUntilALeaderOfPlacementHasHeardFromAll() {
    world.nodes(4);
    long shard = world.shard(2, 1, 3);
    world.health.put(3L, LoadView.Health.DEAD);
    world.settled = false;
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "placement has a new leader, which waits");
  }

  @Test
  void aShardWithoutMajorityIsNamed() {
    world.nodes(7);
    long shard = world.shard(1, 2, 3);
    world.health.put(2L, LoadView.Health.DEAD);
    world.health.put(3L, LoadView.Health.DEAD);
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "node 2 is dead, but shard 1 has lost the majority of its voters");
  }

  @Test
  void whileMembersChangeBothMajoritiesCount() {
    world.nodes(4);
    long id = world.shard(1, 2, 3);
    Shard shard = world.shards.get(id).value();
    Replica leaving = shard.replicas().get(0);
    List<Replica> replicas = new java.util.ArrayList<>(shard.replicas());
    replicas.set(0, new Replica(leaving.node(), leaving.id(), Replica.Role.OUTGOING));
    replicas.add(new Replica(4, 99, Replica.Role.INCOMING));
    Shard joint = new Shard(id, 1, shard.range(), shard.epoch(), replicas, 0);
    world.health.put(2L, LoadView.Health.DEAD);
    assertThat(world.load().hasMajority(joint)).as("1 and 3 of before, 3 and 4 of after").isTrue();
    world.health.put(1L, LoadView.Health.DEAD);
    assertThat(world.load().hasMajority(joint)).as("only 3 of those before").isFalse();
    world.health.put(1L, LoadView.Health.STEADY);
    world.health.put(4L, LoadView.Health.DEAD);
    assertThat(world.load().hasMajority(joint)).as("only 3 of those after").isFalse();
  }

  @Test
  void aShardWithoutLeaderWaits() {
    world.nodes(4);
    long shard = world.shard(1, 2, 3);
    world.leaders.clear();
    world.drain(3);
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "node 3 is draining, but shard 1 has no leader");
  }

  @Test
  void whereNobodyIsSteadyNothingIsCalledEven() {
    world.nodes(3);
    long shard = world.shard(1, 2, 3);
    for (long node = 1; node <= 3; node++) {
      world.health.put(node, LoadView.Health.FRESH);
    }
    assertSays(world.why(shard), "replicas are not evened out: 0 nodes are steady");
    assertSays(world.why(shard), "leaders are not evened out: 0 nodes are steady");
  }

  @Test
  void noMoreThanTwoAreOnTheirWayToOrFromANode() {
    world.nodes(4);
    world.policy = Policy.DEFAULT;
    for (int i = 0; i < 6; i++) {
      world.shard(1, 2, 3);
    }
    world.drain(3);
    List<Job> first = world.plan();
    assertThat(first).filteredOn(Move.class::isInstance).hasSize(2);
    assertSays(world.why(6), "its leader, node 1, brings 2 replicas on their way already");
    world.leaders.put(6L, 2L);
    world.leaders.put(5L, 2L);
    assertThat(world.plan()).filteredOn(Move.class::isInstance).hasSize(2);
    assertSays(world.why(6), "node 4 has to wait: it gets 2 replicas already");
    world.begin(first);
    assertThat(world.plan()).as("they count while under way").noneMatch(Move.class::isInstance);
  }

  @Test
  void aShardHasOneJobAtATime() {
    world.nodes(5);
    long shard = world.shard(1, 2, 3);
    world.drain(3);
    world.begin(world.plan());
    world.drain(2);
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "job 1 is under way: it moves replica 3 of shard 1 to node 4");
    assertSays(
        world.why(shard), "node 2 is draining, but shard 1 has a job already: it moves replica 3");
  }

  @Test
  void whoIsChangingMembersIsLeftAlone() {
    world.nodes(4);
    long id = world.shard(1, 2, 3);
    Shard shard = world.shards.get(id).value();
    List<Replica> replicas = new java.util.ArrayList<>(shard.replicas());
    replicas.add(new Replica(4, 99, Replica.Role.LEARNER));
    world.shards.put(
        id, new Revised<>(1, new Shard(id, 1, shard.range(), shard.epoch(), replicas, 0)));
    world.drain(3);
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(id), "shard 1 is changing its members");
  }

  @Test
  void aNewNodeGetsItsShareOnceItIsSteady() {
    world.nodes(3);
    for (int i = 0; i < 12; i++) {
      world.shard(1 + i % 3, 1 + (i + 1) % 3, 1 + (i + 2) % 3);
    }
    world.node(4, "");
    world.health.put(4L, LoadView.Health.FRESH);
    assertThat(world.plan()).isEmpty();
    assertSays(world.whyNode(4), "is back, or new, since a short time");
    world.health.put(4L, LoadView.Health.STEADY);
    List<Job> plan = world.plan();
    assertThat(plan).filteredOn(Move.class::isInstance).hasSize(9);
    assertThat(plan.get(0).reason()).isEqualTo("node 1 has 12 replicas, node 4 has 0");
    world.settle(5);
    assertThat(world.replicasByNode().values()).containsOnly(9);
    assertThat(world.leadersByNode().values()).containsOnly(3);
  }

  @Test
  void leadersThatDriftedGoBackAFewAtATime() {
    world.nodes(3);
    world.policy = Policy.DEFAULT;
    for (int i = 0; i < 12; i++) {
      world.shard(1 + i % 2, 2 - i % 2, 3);
    }
    assertThat(world.plan())
        .hasSize(4)
        .allMatch(job -> job instanceof Transfer t && t.to().node() == 3);
    assertThat(world.plan().get(0).reason()).isEqualTo("node 1 leads 6 shards, node 3 leads 0");
    world.begin(world.plan());
    assertThat(world.plan()).as("no more while they are under way").isEmpty();
  }

  @Test
  void leadersGoOnlyToVotersThatAreSteady() {
    world.nodes(3);
    for (int i = 0; i < 6; i++) {
      world.shard(1, 2, 3);
    }
    world.health.put(3L, LoadView.Health.FRESH);
    world.settle(3);
    assertThat(world.leadersByNode()).isEqualTo(Map.of(1L, 3, 2L, 3, 3L, 0));
    world.health.put(3L, LoadView.Health.STEADY);
    world.settle(3);
    assertThat(world.leadersByNode()).isEqualTo(Map.of(1L, 2, 2L, 2, 3L, 2));
  }

  @Test
  void whoDidNotTakeLeadershipOverIsNotAskedAgain() {
    world.nodes(2);
    long shard = world.shard(1, 2);
    world.shard(1, 2);
    Job job = world.plan().get(0);
    world.giveUp(job, "in vain");
    assertThat(world.plan()).extracting(Job::shard).doesNotContain(job.shard());
    assertSays(world.why(shard), "replica 2 did not take leadership over before");
    world.endedLately.clear();
    assertThat(world.plan()).extracting(Job::shard).contains(job.shard());
  }

  @Test
  void withoutBalancingOnlyWhatIsNecessaryIsDone() {
    world.nodes(4);
    world.settings = Settings.INITIAL.withBalance(false);
    for (int i = 0; i < 6; i++) {
      world.shard(1, 2, 3);
    }
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(1), "balancing is off");
    world.health.put(3L, LoadView.Health.DEAD);
    assertThat(world.plan()).hasSize(6);
  }

  @Test
  void theLargestAreCutUntilThereAreAsManyAsWereAskedFor() {
    world.nodes(3);
    for (int i = 0; i < 4; i++) {
      world.bytes.put(world.shard(1 + i % 3, 1 + (i + 1) % 3, 1 + (i + 2) % 3), 100L * i);
    }
    world.settings = Settings.INITIAL.withGoal(PlanWorld.KEYSPACE, 6);
    assertThat(world.plan())
        .extracting(Job::shard)
        .as("the heaviest first")
        .containsExactly(4L, 3L);
    world.begin(world.plan());
    assertThat(world.plan()).as("those under way count").isEmpty();
    world.carryOut(List.copyOf(world.jobs.values()));
    assertThat(world.shards).hasSize(6);
    world.settings = Settings.INITIAL.withGoal(PlanWorld.KEYSPACE, 24);
    world.settle(10);
    assertThat(world.shards).hasSize(24);
  }

  @Test
  void whatIsToldOfMoreShardsIsOfThoseThatAreAskedFor() {
    world.nodes(3);
    long large = world.shard(1, 2, 3);
    world.bytes.put(large, 5L << 30);
    world.bytes.put(world.shard(2, 3, 1), 4L << 30);
    Shard other = world.shards.get(world.shard(3, 1, 2)).value();
    int redis = 2;
    world.shards.put(
        other.id(),
        new Revised<>(
            1, new Shard(other.id(), redis, other.range(), other.epoch(), other.replicas(), 0)));
    world.settings = Settings.INITIAL.withGoal(PlanWorld.KEYSPACE, 3).withGoal(redis, 2);
    assertThat(world.plan()).filteredOn(Split.class::isInstance).hasSize(3);
    assertThat(growth().jobs()).extracting(Job::shard).containsExactly(large);
    world.settled = false;
    assertThat(growth().jobs()).isEmpty();
    assertThat(growth().findings())
        .extracting(Finding::text)
        .singleElement()
        .asString()
        .startsWith("placement has a new leader");
  }

  private Plan growth() {
    return Planner.explainGrowth(world.view(), world.load(), world.policy, PlanWorld.KEYSPACE);
  }

  @Test
  void whatItsLeaderRefusedToSplitIsNotAskedAgain() {
    world.nodes(3);
    long shard = world.shard(1, 2, 3);
    world.settings = Settings.INITIAL.withGoal(PlanWorld.KEYSPACE, 2);
    world.giveUp(world.plan().get(0), "it has too little data");
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "could not be split a while ago: it has too little data");
    assertSays(world.why(shard), "was given up: it has too little data");
    world.endedLately.clear();
    assertThat(world.plan()).as("data may have come meanwhile").hasSize(1);
  }

  @Test
  void whatIsTooLargeIsCut() {
    world.nodes(3);
    long shard = world.shard(1, 2, 3);
    world.bytes.put(shard, Policy.DEFAULT.splitBytes());
    assertThat(world.plan()).isEmpty();
    world.bytes.put(shard, (3L << 30) / 2);
    assertThat(world.plan()).hasSize(1).allMatch(Split.class::isInstance);
    assertThat(world.plan().get(0).reason()).isEqualTo("it weighs about 1536 MiB, more than 1024");
  }

  @Test
  void whatTheMapHasNoRoomForIsNotCut() throws Exception {
    world.nodes(3);
    world.settings = Settings.INITIAL.withBalance(false).withGoal(PlanWorld.KEYSPACE, 1000);
    while (MapRoom.in(world.view()).isFor(2)) {
      long id = world.shard(1, 2, 3);
      Shard shard = world.shards.get(id).value();
      KeyRange far = new KeyRange(far(shard.range().start()), far(shard.range().end()));
      Shard wide = new Shard(id, shard.keyspace(), far, shard.epoch(), shard.replicas(), 0);
      world.shards.put(id, new Revised<>(1, wide));
    }
    assertThat(world.plan()).as("there is room for one").extracting(Job::shard).containsOnly(1L);
    assertSays(world.why(2), "shard 2 is not split: it stays whole: the shards take");
    long last = world.shard(1, 2, 3);
    assertThat(wish().split(last, KeyBytes.EMPTY).shard()).isEqualTo(last);
    world.begin(world.plan());
    refuses("shard 2 stays whole: the shards take", () -> wish().split(2, KeyBytes.EMPTY));
    refuses("allowed: 4194304 in all", () -> wish().split(2, KeyBytes.EMPTY));
  }

  private static KeyBytes far(KeyBytes key) {
    return key.followedBy(KeyBytes.of(new byte[4000]));
  }

  @Test
  void wishesObeyTheSameRules() throws Exception {
    world.nodes(4);
    long shard = world.shard(1, 2, 3);
    assertThat(wish().split(shard, KeyBytes.EMPTY).newReplicas())
        .extracting(Replica::node)
        .containsExactly(1L, 2L, 3L);
    assertThat(wish().transfer(shard, 0).to().node()).isEqualTo(2);
    refuses("there is no shard 9", () -> wish().split(9, KeyBytes.EMPTY));
    refuses("is not inside of shard 1", () -> wish().split(shard, KeyBytes.of((byte) 9)));
    refuses(
        "the key to split at has 4097 bytes; allowed: up to 4096",
        () -> wish().split(shard, KeyBytes.of(new byte[] {0, 0, 0, 1}).followedBy(TOO_LONG)));
    refuses("node 1 leads shard 1 already", () -> wish().transfer(shard, 1));
    refuses("node 4 has no replica of shard 1", () -> wish().transfer(shard, 4));
    refuses("there is no node 9", () -> wish().transfer(shard, 9));
    world.health.put(2L, LoadView.Health.SILENT);
    refuses("node 2 is silent", () -> wish().transfer(shard, 2));
    world.lost.add(3L);
    refuses("the replica on node 3 is lost", () -> wish().transfer(shard, 3));
    refuses("no other replica of shard 1 is heard", () -> wish().transfer(shard, 0));
    world.lost.clear();
    world.leaders.clear();
    refuses("shard 1 has no leader that placement knows of", () -> wish().transfer(shard, 3));
    world.leaders.put(shard, 1L);
    world.begin(List.of(wish().transfer(shard, 3)));
    refuses("shard 1 has a job already", () -> wish().split(shard, KeyBytes.EMPTY));
    refuses("job 1 is under way: it hands leadership", () -> wish().move(shard, 3, 4));
  }

  @Test
  void leadershipGoesWhereItMayStay() throws Exception {
    world.nodes(4);
    long shard = world.shard(1, 2, 3, 4);
    world.shard(4, 1, 2);
    assertThat(wish().transfer(shard, 0).to().node()).isEqualTo(2);
    world.drain(2);
    assertThat(wish().transfer(shard, 0).to().node()).isEqualTo(3);
    world.health.put(3L, LoadView.Health.FRESH);
    assertThat(wish().transfer(shard, 0).to().node()).as("though it leads more").isEqualTo(4);
    world.drain(4);
    assertThat(wish().transfer(shard, 0).to().node()).as("as the last one").isEqualTo(3);
    world.drain(3);
    refuses("is heard on a node that stays", () -> wish().transfer(shard, 0));
    assertThat(wish().transfer(shard, 2).to().node()).as("who says so").isEqualTo(2);
  }

  /** A key that is no slot's is outside of the shard too, which is not what is wrong with it. */
  @Test
  void aHashKeyspaceIsSplitBetweenSlots() {
    world.partitioning = Partitioning.HASH;
    world.nodes(3);
    long shard = world.shard(1, 2, 3);
    KeyRange slots =
        new KeyRange(
            KeyBytes.of(new byte[] {0, 0, 0, 1, 0, 1}), KeyBytes.of(new byte[] {0, 0, 0, 1, 1, 0}));
    List<Replica> replicas = world.shards.get(shard).value().replicas();
    world.shards.put(
        shard,
        new Revised<>(1, new Shard(shard, PlanWorld.KEYSPACE, slots, Epoch.FIRST, replicas, 0)));
    KeyBytes key = KeyBytes.of(new byte[] {0, 0, 0, 1, 'b'});
    refuses("a hash keyspace is split between two slots only", () -> wish().split(shard, key));
  }

  private WishPlanner wish() {
    return new WishPlanner(world.view(), world.load());
  }

  private static void refuses(
      String why, org.assertj.core.api.ThrowableAssert.ThrowingCallable wish) {
    assertThatThrownBy(wish).isInstanceOf(PlanRefusedException.class).hasMessageContaining(why);
  }
}
