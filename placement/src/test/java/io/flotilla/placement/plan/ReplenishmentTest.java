package io.flotilla.placement.plan;

import static io.flotilla.placement.plan.PlanWorld.assertSays;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.Ending;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.model.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Shards that have fewer replicas than their keyspace asks for. */
final class ReplenishmentTest {
  private final PlanWorld world = new PlanWorld();

  @BeforeEach
  void threeAreAskedFor() {
    world.replicas = 3;
  }

  @Test
  void aShardThatWasCutToOneGrowsBackOneByOne() {
    world.nodes(4);
    long shard = world.shard(1);
    assertThat(world.words()).containsExactly("adds a replica of shard 1 on node 2");
    Move first = (Move) world.plan().get(0);
    assertThat(first.isAddition()).isTrue();
    assertThat(first.voters()).isEqualTo(2);
    assertThat(first.reason()).isEqualTo("it has 1 of 3 replicas");
    assertSays(
        world.why(shard), "about to begin: it adds a replica of shard 1 on node 2 (it has 1");
    assertSays(
        world.whyNode(1),
        "1 of its shards have fewer replicas than are asked for (shard 1: 1 of 3)");
    world.begin(List.of(first));
    assertThat(world.plan()).as("one at a time").isEmpty();
    assertSays(world.why(shard), "it has 2 of 3 replicas, but shard 1 has a job already: it adds");
    assertSays(world.whyNode(2), "1 replicas are on their way to it, 0 on their way off it");
    world.carryOut(List.copyOf(world.jobs.values()));
    assertThat(world.words()).containsExactly("adds a replica of shard 1 on node 3");
    assertThat(world.settle(3)).isEqualTo(1);
    assertThat(world.shards.get(shard).value().nodes()).containsExactly(1L, 2L, 3L);
    assertThat(world.whyNode(1)).noneMatch(line -> line.contains("fewer replicas"));
  }

  @Test
  void whoHasFewestComesFirstAndFewAreUnderWayAtATime() {
    world.nodes(4);
    world.policy = Policy.DEFAULT;
    world.settings = Settings.INITIAL.withBalance(false);
    world.shard(1, 2);
    world.shard(1, 2);
    world.shard(1);
    world.shard(1, 2);
    assertThat(world.plan()).extracting(Job::shard).as("node 1 brings two").containsExactly(3L, 1L);
    assertSays(
        world.why(4),
        "it has 2 of 3 replicas, but shard 4 has to wait: its leader, node 1, brings 2 replicas");
    world.leaders.put(2L, 2L);
    world.leaders.put(4L, 2L);
    world.node(4, "");
    world.health.put(4L, LoadView.Health.SILENT);
    assertThat(world.plan()).as("node 3 gets two").extracting(Job::shard).containsExactly(3L, 1L);
    assertSays(world.why(4), "shard 4 gets no replica more for now (node 1 holds a replica");
    assertSays(world.why(4), "node 3 has to wait: it gets 2 replicas already");
    assertSays(world.why(4), "it has 2 of 3 replicas");
  }

  @Test
  void itComesWithoutBalancingAndBeforeIt() {
    world.nodes(4);
    world.settings = Settings.INITIAL.withBalance(false);
    for (int i = 0; i < 6; i++) {
      world.shard(1, 2, 3);
    }
    world.shard(1, 2);
    assertThat(world.words()).containsExactly("adds a replica of shard 7 on node 4");
    world.settings = Settings.INITIAL;
    world.policy = Policy.DEFAULT;
    world.shard(1, 2);
    world.shard(1, 2);
    assertThat(world.plan())
        .filteredOn(Move.class::isInstance)
        .hasSize(2)
        .allMatch(job -> ((Move) job).isAddition());
    assertSays(world.why(1), "balancing waits: first, shards get the replicas that they lack");
    world.settle(20);
    assertThat(PlanWorld.spread(world.replicasByNode())).isLessThan(2);
  }

  @Test
  void whatCannotBeHelpedHoldsUpNothing() {
    world.nodes(4);
    world.replicas = 5;
    for (int i = 0; i < 4; i++) {
      world.shard(1, 2, 3);
    }
    assertThat(world.settle(10)).as("as many as there are nodes").isPositive();
    assertThat(world.replicasByNode().values()).containsOnly(4);
    assertSays(world.why(1), "it has 4 of 5 replicas");
    assertSays(world.why(1), "shard 1 gets no replica more: no node may take it; add one (node 1");
    assertThat(world.why(1)).noneMatch(line -> line.contains("balancing waits"));
  }

  @Test
  void zonesAreKeptApart() {
    world.node(1, "a");
    world.node(2, "a");
    world.node(3, "b");
    world.node(4, "b");
    world.node(5, "c");
    long shard = world.shard(1);
    world.shard(3, 4, 5);
    world.shard(3, 4, 5);
    world.settings = Settings.INITIAL.withBalance(false);
    world.settle(5);
    assertThat(world.shards.get(shard).value().nodes()).containsExactly(1L, 3L, 5L);
  }

  /** Nothing is begun that could not go on. */
  @Test
  void withoutMajorityLeaderOrRestItWaits() {
    world.nodes(6);
    long shard = world.shard(1, 2);
    world.leaders.clear();
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "it has 2 of 3 replicas, but shard 1 has no leader");
    world.leaders.put(shard, 1L);
    for (var health : List.of(LoadView.Health.SILENT, LoadView.Health.DEAD)) {
      world.health.put(2L, health);
      assertThat(world.plan()).isEmpty();
      assertSays(world.why(shard), "it has 2 of 3 replicas, but shard 1 has lost the majority");
    }
    long alone = world.shard(2);
    assertThat(world.plan()).as("its only node is dead").isEmpty();
    assertSays(world.why(alone), "it has 1 of 3 replicas, but shard 2 has lost the majority");
    world.health.put(2L, LoadView.Health.STEADY);
    world.shards.remove(alone);
    withLearner(shard, 3);
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "it has 2 of 3 replicas, but shard 1 is changing its members");
  }

  private void withLearner(long id, long node) {
    Shard shard = world.shards.get(id).value();
    List<Replica> replicas = new ArrayList<>(shard.replicas());
    replicas.add(new Replica(node, 99, Replica.Role.LEARNER));
    world.shards.put(
        id, new Revised<>(1, new Shard(id, 1, shard.range(), shard.epoch(), replicas, 0)));
  }

  @Test
  void theDeadAreReplacedFirstAndThoseThatDrainLater() {
    world.nodes(6);
    world.replicas = 5;
    world.shard(1, 2, 3);
    world.drain(2);
    world.health.put(3L, LoadView.Health.DEAD);
    assertThat(world.words()).containsExactly("moves replica 3 of shard 1 to node 4");
    world.carryOut(world.plan());
    assertThat(world.words()).containsExactly("adds a replica of shard 1 on node 5");
    world.carryOut(world.plan());
    assertThat(world.words())
        .as("nobody is to draining or dead nodes")
        .allMatch(line -> line.endsWith("on node 6"));
    world.settle(5);
    assertThat(world.replicasByNode()).isEqualTo(Map.of(1L, 1, 2L, 1, 3L, 0, 4L, 1, 5L, 1, 6L, 1));
  }

  @Test
  void whoHasMoreThanAreAskedForIsLeftAlone() {
    world.nodes(5);
    world.shard(1, 2, 3, 4);
    world.settings = Settings.INITIAL.withBalance(false);
    assertThat(world.plan()).isEmpty();
  }

  @Test
  void whereNobodyHasSaidHowManyItIsAsManyAsTheOthersHave() {
    world.nodes(5);
    world.replicas = 0;
    long alone = world.shard(4);
    assertThat(world.plan()).as("nothing to go by").isEmpty();
    world.shard(1, 2, 3);
    world.settings = Settings.INITIAL.withBalance(false);
    assertThat(world.plan()).extracting(Job::shard).containsExactly(alone);
    world.settle(5);
    assertThat(world.shards.get(alone).value().replicas()).hasSize(3);
  }

  /** What a group says of itself, and what becomes of the job that adds the third replica. */
  @Test
  void anAdditionIsOverWithAnyOtherNumberOfVoters() {
    world.nodes(5);
    long id = world.shard(1, 2);
    Move job = (Move) world.plan().get(0);
    Shard shard = world.shards.get(id).value();
    assertThat(job.misfit(shard)).isEmpty();
    assertThat(ending(job, shard)).isEqualTo("goes on");
    Replica to = job.to();
    Replica other = new Replica(5, 77, Replica.Role.VOTER);
    Replica otherThere = new Replica(to.node(), 78, Replica.Role.VOTER);
    assertThat(ending(job, with(shard, as(to, Replica.Role.LEARNER)))).isEqualTo("goes on");
    assertThat(ending(job, with(shard, as(to, Replica.Role.INCOMING)))).isEqualTo("goes on");
    assertThat(ending(job, with(shard, to))).isEqualTo("DONE: replica 3 on node 3 is added");
    assertThat(ending(job, with(shard, other)))
        .isEqualTo(
            "GIVEN_UP: shard 1 has 3 voters by something else; replica 3 was to make 3 of them");
    assertThat(ending(job, with(shard, as(other, Replica.Role.INCOMING)))).isEqualTo("goes on");
    assertThat(ending(job, with(shard, as(otherThere, Replica.Role.INCOMING))))
        .isEqualTo("GIVEN_UP: replica 78 is on node 3");
    assertThat(ending(job, with(shard, to, other))).startsWith("DONE");
    Shard cut = of(shard, shard.replicas().subList(0, 1));
    assertThat(ending(job, cut)).startsWith("GIVEN_UP: shard 1 has 1 voters");
    assertThat(job.misfit(cut)).contains("shard 1 has 1 voters; with one more there were to be 3");
    assertThat(job.misfit(with(shard, other))).isPresent();
    assertThat(job.misfit(with(shard, as(other, Replica.Role.INCOMING)))).isPresent();
    assertThat(job.misfit(with(shard, as(otherThere, Replica.Role.LEARNER))))
        .contains("node 3 holds a replica of shard 1 already");
    assertThat(job.beyondCancelling(with(shard, as(to, Replica.Role.LEARNER)))).isEmpty();
    assertThat(job.beyondCancelling(with(shard, as(to, Replica.Role.INCOMING))))
        .contains("the group is taking in replica 3 already; it will be done in a moment");
  }

  private static String ending(Job job, Shard now) {
    return job.endedBy(now, Set.of(), Set.of())
        .map((Ending ending) -> ending.how() + ": " + ending.why())
        .orElse("goes on");
  }

  private static Replica as(Replica replica, Replica.Role role) {
    return new Replica(replica.node(), replica.id(), role);
  }

  private static Shard with(Shard shard, Replica... more) {
    List<Replica> replicas = new ArrayList<>(shard.replicas());
    replicas.addAll(List.of(more));
    return of(shard, replicas);
  }

  private static Shard of(Shard shard, List<Replica> replicas) {
    return new Shard(shard.id(), shard.keyspace(), shard.range(), shard.epoch(), replicas, 0);
  }
}
