package io.flotilla.placement.plan;

import static io.flotilla.placement.plan.PlanWorld.assertSays;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Move;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Replicas of a shard are kept apart by zones and racks, whatever else is planned. */
final class SpreadTest {
  private final PlanWorld world = new PlanWorld();

  @Test
  void zonesAreKeptApart() {
    world.node(1, "a");
    world.node(2, "a");
    world.node(3, "b");
    world.node(4, "c");
    long shard = world.shard(1, 2, 3);
    assertThat(world.plan()).hasSize(1);
    assertThat(world.words().get(0)).endsWith("to node 4");
    assertThat(world.plan().get(0).reason()).isEqualTo("zone 'a' has two of its replicas or more");
    world.health.put(4L, LoadView.Health.FRESH);
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "has no node in another zone to go to now");
  }

  /**
   * Nodes are written as zone/rack, numbered from 1; the shard is on the first of them.
   *
   * @param reason empty: nothing is moved
   */
  @ParameterizedTest
  @CsvSource({
    "a/r1 a/r1 a/r2, 2, 3, rack 'r1' of zone 'a' has two of its replicas or more",
    "a/r1 a/r1 a/, 2, 3, rack 'r1' of zone 'a' has two of its replicas or more",
    "/r1 /r1 /r2, 2, 3, rack 'r1' has two of its replicas or more",
    "a/r1 a/r1 a/r2 b/r1, 2, 4, zone 'a' has two of its replicas or more",
    "a/r1 a/r2 a/r3 b/r1 b/r1, 4, 5, zone 'a' has two of its replicas or more",
    "a/r1 a/r2 a/r3 b/r1 b/r1 b/r2, 5, 6, rack 'r1' of zone 'b' has two of its replicas or more",
    "a/r1 a/r1 a/r1, 2, 0, ''",
    "a/ a/ a/, 2, 0, ''",
    "a/r1 b/r1 b/r2, 2, 0, ''",
    "a/r1 a/r2 a/r3, 2, 0, ''",
  })
  void replicasAreKeptApartByZoneAndThenByRack(String nodes, int on, long to, String reason) {
    String[] places = nodes.split(" ", -1);
    for (int i = 0; i < places.length; i++) {
      String[] labels = places[i].split("/", -1);
      world.node(i + 1, labels[0], labels[1]);
    }
    long[] first = LongStream.rangeClosed(1, on).toArray();
    world.shard(first);
    List<Job> moves = world.plan().stream().filter(Move.class::isInstance).toList();
    if (reason.isEmpty()) {
      assertThat(moves).isEmpty();
    } else {
      assertThat(moves).hasSize(1);
      assertThat(((Move) moves.get(0)).to().node()).isEqualTo(to);
      assertThat(moves.get(0).reason()).isEqualTo(reason);
      world.carryOut(moves);
      assertThat(world.plan()).as("its own result").noneMatch(Move.class::isInstance);
    }
  }

  @Test
  void whoHasToShareARackIsTold() {
    world.node(1, "a", "r1");
    world.node(2, "a", "r1");
    world.node(3, "a", "r2");
    world.health.put(3L, LoadView.Health.FRESH);
    long shard = world.shard(1, 2);
    assertThat(world.plan()).isEmpty();
    assertSays(world.why(shard), "node 1 (zone a, rack r1), node 2 (zone a, rack r1)");
    assertSays(
        world.why(shard),
        "rack 'r1' of zone 'a' has two of its replicas or more, but shard 1 has no node in another"
            + " rack to go to now");
  }

  @Test
  void evennessNeverCostsARack() {
    world.node(1, "a", "r1");
    world.node(2, "a", "r2");
    world.node(3, "a", "r3");
    world.node(4, "a", "r3");
    for (int i = 0; i < 8; i++) {
      world.shard(1, 2, 3);
    }
    world.settle(10);
    assertThat(world.replicasByNode()).isEqualTo(Map.of(1L, 8, 2L, 8, 3L, 4, 4L, 4));
    Draft draft = new Draft(world.view(), world.load(), world.policy, Journal.NONE);
    Piece piece = draft.seat(4).orElseThrow().pieces.iterator().next();
    assertThat(draft.whyNot(TargetRule.TO_BALANCE, piece, 1, draft.seat(3).orElseThrow()))
        .contains(
            String.format(
                "is in rack 'r3' of zone 'a', where shard %d has a replica already", piece.id()));
  }

  /** Though another has more room. */
  @Test
  void theDeadAreReplacedInAnotherRack() {
    world.node(1, "a", "r1");
    world.node(2, "a", "r2");
    world.node(3, "a", "r3");
    world.node(4, "a", "r1");
    world.node(5, "a", "r3");
    long shard = world.shard(1, 2, 3);
    world.shard(5, 1, 2);
    world.health.put(3L, LoadView.Health.DEAD);
    assertThat(world.words()).contains("moves replica 3 of shard 1 to node 5");
    assertSays(
        world.why(shard),
        "node 4 is in rack 'r1' of zone 'a', where more of its replicas are than elsewhere");
  }

  @Test
  void evennessNeverCostsAZone() {
    world.node(1, "a");
    world.node(2, "b");
    world.node(3, "c");
    world.node(4, "c");
    for (int i = 0; i < 8; i++) {
      world.shard(1, 2, 3);
    }
    world.settle(10);
    assertThat(world.replicasByNode()).isEqualTo(Map.of(1L, 8, 2L, 8, 3L, 4, 4L, 4));
  }
}
