package io.flotilla.placement.plan;

import static io.flotilla.placement.plan.PlanWorld.assertSays;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Settings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who has to leave a node, of the dead and of those that drain; what becomes of the lost. */
final class EvacuationTest {
  private final PlanWorld world = new PlanWorld();

  @Test
  void theDeadAreReplacedAndTheSilentAreNot() {
    world.nodes(4);
    long shard = world.shard(2, 1, 3);
    world.health.put(3L, LoadView.Health.SILENT);
    assertThat(world.plan()).isEmpty();
    assertSays(world.whyNode(3), "is silent; its replicas are not replaced yet");
    world.health.put(3L, LoadView.Health.UNREACHABLE);
    assertThat(world.plan()).isEmpty();
    assertSays(world.whyNode(3), "is unreachable from placement, but heard by its peers");
    assertSays(world.why(shard), "node 3 (unreachable from placement, heard by others)");
    world.health.put(3L, LoadView.Health.DEAD);
    assertThat(world.words()).containsExactly("moves replica 3 of shard 1 to node 4");
    assertThat(world.plan().get(0).reason()).isEqualTo("node 3 is dead");
    assertSays(world.why(shard), "about to begin: it moves replica 3 of shard 1 to node 4");
    assertSays(world.whyNode(3), "is dead: its replicas are to be replaced");
  }

  @Test
  void whatIsLostOnANodeThatLivesIsReplaced() {
    world.nodes(5);
    long shard = world.shard(1, 2, 3);
    world.lost.add(2L);
    assertThat(world.words()).containsExactly("moves replica 2 of shard 1 to node 4");
    assertThat(world.plan().get(0).reason()).isEqualTo("the replica on node 2 is lost");
    world.lost.add(3L);
    assertThat(world.plan()).isEmpty();
    assertSays(
        world.why(shard), "the replica on node 2 is lost, but shard 1 has lost the majority");
  }

  @Test
  void whatCannotBeReplacedKeepsNobodyElseWaiting() {
    world.nodes(4);
    world.replicas = 3;
    long everywhere = world.shard(1, 2, 3, 4);
    world.lost.add(2L);
    world.stopped.add(2L);
    for (int i = 0; i < 6; i++) {
      world.shard(1, 2, 3);
    }
    assertSays(world.why(everywhere), "node 4 holds a replica of shard 1 already");
    assertThat(world.plan()).filteredOn(Move.class::isInstance).hasSize(4);
    world.settle(5);
    assertThat(PlanWorld.spread(world.replicasByNode())).isLessThan(2);
  }

  @Test
  void whatIsLostAndCanGoNowhereElseIsLeftOutAndComesAgain() {
    world.nodes(3);
    world.replicas = 3;
    long shard = world.shard(1, 2, 3);
    world.lost.add(2L);
    assertThat(world.words()).containsExactly("leaves replica 2 of shard 1 out");
    assertThat(world.plan().get(0).reason())
        .isEqualTo("the replica on node 2 is lost, and no other may take one");
    world.begin(world.plan());
    assertThat(world.plan()).as("one after the other").isEmpty();
    assertSays(world.whyNode(2), "0 replicas are on their way to it, 1 on their way off it");
    world.carryOut(List.copyOf(world.jobs.values()));
    assertThat(world.shards.get(shard).value().nodes()).containsExactly(1L, 3L);
    assertThat(world.words()).containsExactly("adds a replica of shard 1 on node 2");
    world.settle(3);
    assertThat(world.shards.get(shard).value().replicaOn(2).orElseThrow().id())
        .as("never the same")
        .isGreaterThan(3);
  }

  @Test
  void whatIsLostStaysIfNothingCanComeInItsPlace() {
    world.nodes(3);
    world.replicas = 3;
    long shard = world.shard(1, 2, 3);
    world.lost.add(2L);
    world.stopped.add(2L);
    assertThat(world.plan()).as("its node keeps it until it starts again").isEmpty();
    assertSays(world.why(shard), "stays on node 2: no node may take it; add one");
    world.stopped.clear();
    world.inVain.add(2L);
    assertThat(world.plan()).as("it was lost there again").isEmpty();
    world.inVain.clear();
    world.lost.add(3L);
    assertThat(world.plan()).as("one of three decides nothing").isEmpty();
    world.lost.remove(3L);
    world.health.put(3L, LoadView.Health.SILENT);
    assertThat(world.plan()).as("nor if the other is silent").isEmpty();
    world.health.put(3L, LoadView.Health.STEADY);
    assertThat(world.words()).containsExactly("leaves replica 2 of shard 1 out");
    world.drain(2);
    assertThat(world.plan()).as("its node is to be empty").isEmpty();
  }

  @Test
  void whatIsLostLeadsNothing() {
    world.nodes(3);
    for (int i = 0; i < 6; i++) {
      world.lost.add(
          world.shards.get(world.shard(1, 2, 3)).value().replicaOn(2).orElseThrow().id());
    }
    world.stopped.addAll(world.lost);
    world.settle(3);
    assertThat(world.leadersByNode()).isEqualTo(Map.of(1L, 3, 2L, 0, 3L, 3));
  }

  @Test
  void nothingGoesWhereNothingArrivedAWhileAgo() {
    world.nodes(5);
    long shard = world.shard(2, 1, 3);
    world.health.put(3L, LoadView.Health.DEAD);
    world.inVain.add(4L);
    assertThat(world.words()).containsExactly("moves replica 3 of shard 1 to node 5");
    world.inVain.add(5L);
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "node 4 got nothing of a replica that was to go there");
    world.health.put(3L, LoadView.Health.STEADY);
    world.shard(1, 2, 3);
    world.shard(1, 2, 3);
    assertThat(world.words())
        .as("nor to even things out")
        .noneMatch(text -> text.contains("moves"));
  }

  @Test
  void aReplicaThatCameToANodeAfterItWasRemovedIsReplaced() {
    world.nodes(5);
    world.shard(2, 1, 3);
    world.removed.put(3L, world.nodes.remove(3L));
    world.health.remove(3L);
    assertThat(world.words()).containsExactly("moves replica 3 of shard 1 to node 4");
  }

  @Test
  void aNodeThatDrainsIsEmptiedAndStaysEmpty() {
    world.nodes(4);
    world.settings = Settings.INITIAL.withBalance(false);
    for (int i = 0; i < 8; i++) {
      world.shard(1 + i % 3, 1 + (i + 1) % 3, 1 + (i + 2) % 3);
    }
    world.drain(3);
    assertThat(world.plan()).hasSize(8).allMatch(job -> job.reason().equals("node 3 is draining"));
    world.settle(3);
    assertThat(world.replicasByNode()).isEqualTo(Map.of(1L, 8, 2L, 8, 3L, 0, 4L, 8));
    world.settings = Settings.INITIAL;
    world.settle(3);
    assertThat(world.replicasByNode().get(3L)).isZero();
    assertSays(world.whyNode(3), "it is empty and can be removed: node remove 3");
  }

  @Test
  void whatBlocksADrainIsSaid() {
    world.nodes(3);
    long shard = world.shard(1, 2, 3);
    world.drain(3);
    assertThat(world.plan()).isEmpty();
    assertSays(
        world.whyNode(3),
        "shard 1 stays on node 3: no node may take it; add one (node 1 holds a replica of shard 1"
            + " already; node 2 holds a replica of shard 1 already)");
    world.node(4, "");
    world.health.put(4L, LoadView.Health.SILENT);
    assertSays(world.why(shard), "node 4 is silent");
    world.health.put(4L, LoadView.Health.STEADY);
    assertSays(world.why(shard), "node 1 holds a replica of shard 1 already");
    assertThat(world.whyNode(3))
        .as("nothing stays there")
        .noneMatch(line -> line.contains("shard 1"));
    world.drain(4);
    assertSays(world.why(shard), "node 4 is draining");
  }
}
