package io.flotilla.placement.plan;

import static io.flotilla.placement.plan.PlanWorld.assertSays;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.model.Split;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is said of a shard or a node is true, and nothing that matters is left out. */
final class WhyTest {
  private static final String REST = "nothing is to be done";

  private final PlanWorld world = new PlanWorld();
  private long shard;

  @BeforeEach
  void aShardOnThreeNodes() {
    world.nodes(3);
    shard = world.shard(1, 2, 3);
  }

  private static void assertSaysNothingOf(List<String> lines, String part) {
    assertThat(lines).noneSatisfy(line -> assertThat(line).contains(part));
  }

  @Test
  void whereAllPlanningStopsNothingIsAtRest() {
    world.health.put(2L, LoadView.Health.DEAD);
    world.health.put(3L, LoadView.Health.DEAD);
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "start them again, remove those that are empty and gone for good");
    assertSays(world.why(shard), "or add nodes");
    assertSays(world.why(shard), "it has lost the majority of its voters");
    assertSays(world.why(shard), "the last resort is shard recover --unsafe");
    assertSaysNothingOf(world.why(shard), REST);
    world.health.put(2L, LoadView.Health.STEADY);
    world.settled = false;
    assertSaysNothingOf(world.why(shard), REST);
    assertSaysNothingOf(world.why(shard), "majority");
  }

  @Test
  void ofTheDeadItIsNotSaidThatSomethingIsDoneWhereNothingIs() {
    world.health.put(2L, LoadView.Health.DEAD);
    world.health.put(3L, LoadView.Health.DEAD);
    assertSays(world.whyNode(3), "so nothing is changed");
    assertSays(world.whyNode(3), "node 3 is dead: its replicas are to be replaced");
    assertSaysNothingOf(world.whyNode(3), "are being replaced");
  }

  /** The silent are not replaced, so that no scheduler speaks of them. */
  @Test
  void aShardThatServesNobodyIsNotAtRest() {
    for (long node = 4; node <= 7; node++) {
      world.node(node, "");
    }
    world.health.put(2L, LoadView.Health.SILENT);
    world.health.put(3L, LoadView.Health.SILENT);
    assertSays(world.why(shard), "it has lost the majority of its voters");
    assertSaysNothingOf(world.why(shard), REST);
    world.health.put(3L, LoadView.Health.STEADY);
    world.leaders.clear();
    assertSays(world.why(shard), "it has no leader that placement knows of");
    assertSaysNothingOf(world.why(shard), REST);
  }

  /** It keeps its place, and there is no node for another: no plan would name it. */
  @Test
  void aReplicaThatIsLostWhereItIsIsSaidToBe() {
    world.lost.add(2L);
    world.stopped.add(2L);
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "its replicas are on node 1, node 2 (lost there), node 3;");
    assertSays(world.why(shard), "shard 1 stays on node 2: no node may take it; add one");
    assertSays(world.why(shard), "it is to leave: the replica on node 2 is lost");
    assertSays(world.whyNode(2), "it holds 1 replicas, of which 1 are lost there, and leads 0");
    assertSays(world.whyNode(3), "it holds 1 replicas and leads 0");
  }

  /** Leadership is handed over before the leader's replica goes, and stays if another one goes. */
  @Test
  void aLeaderStaysUnlessItIsMovedAway() {
    world.node(4, "");
    world.drain(3);
    assertSays(world.whyNode(1), "its leader stays: shard 1 has a job already: it moves replica 3");
    world.nodes(4);
    world.drain(1);
    assertThat(world.plan().get(0).words()).isEqualTo("moves replica 1 of shard 1 to node 4");
    assertSaysNothingOf(world.whyNode(1), "its leader stays");
    world.begin(world.plan());
    assertSaysNothingOf(world.whyNode(1), "its leader stays");
  }

  @Test
  void whileBalancingIsOffNothingIsCalledRightAsItIs() {
    world.settings = Settings.INITIAL.withBalance(false);
    world.bytes.put(shard, 5L << 30);
    assertSays(world.why(shard), "balancing is off");
    assertSaysNothingOf(world.why(shard), REST);
  }

  /** A shard for which another is split, and no third one at a time. */
  private long behindTheOnlySplit() {
    world.policy = new Policy(2, 2, 4, 1, Policy.DEFAULT.splitBytes());
    long other = world.shard(2, 3, 1);
    world.shard(3, 1, 2);
    world.begin(
        List.of(
            new Draft(world.view(), world.load(), world.policy, Journal.NONE)
                .split("asked for", piece(shard), KeyBytes.EMPTY)));
    return other;
  }

  private Piece piece(long id) {
    return new Draft(world.view(), world.load(), world.policy, Journal.NONE)
        .piece(id)
        .orElseThrow();
  }

  private void assertWaits(long id, String what) {
    assertThat(world.plan()).noneMatch(Split.class::isInstance);
    assertThat(world.why(id))
        .containsOnlyOnce(what + " has to wait: 1 splits at a time are enough");
    assertSaysNothingOf(world.why(id), REST);
  }

  @Test
  void whatIsTooLargeWaitsForItsTurn() {
    long other = behindTheOnlySplit();
    world.bytes.put(other, 5L << 30);
    assertWaits(other, "it weighs about 5120 MiB, more than 1024, but shard " + other);
  }

  @Test
  void whatIsAskedTooMuchWaitsForItsTurn() {
    long other = behindTheOnlySplit();
    world.policy = world.policy.splittingAt(new HeatPolicy(10_000, 60_000));
    world.heats.put(other, new Heat(90_000, true, true, KeyBytes.EMPTY, 50));
    assertWaits(
        other,
        "it is asked for about 90000 operations/s; from 10000 on it is split, but shard " + other);
  }

  @Test
  void whatShardAddWantsWaitsForItsTurn() {
    long other = behindTheOnlySplit();
    world.settings = Settings.INITIAL.withGoal(PlanWorld.KEYSPACE, 8);
    assertWaits(other, "shard " + other + " is not split: it");
    world.policy = Policy.DEFAULT.atOnce();
    assertThat(world.why(shard))
        .as("in whichever round it was passed over")
        .filteredOn(line -> line.contains("is not split: it has a job already"))
        .hasSize(1);
  }
}
