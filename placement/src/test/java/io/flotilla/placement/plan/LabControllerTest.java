package io.flotilla.placement.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The shard controller's tests of the laboratory of MIT 6.5840, under their names. A group that
 * serves shards there is a node here, joining is registering, leaving is draining and being
 * removed; a configuration is the map that the planner comes to rest with. There are ten shards, as
 * there; what holds there for one copy of each is asked for three as well.
 */
final class LabControllerTest {
  private static final int SHARDS = 10;
  private static final int ROUNDS_MAX = 100;
  private static final int SERVERS = 10;

  private static PlanWorld world(int replicas, long... nodes) {
    PlanWorld world = new PlanWorld();
    for (long node : nodes) {
      world.node(node, "");
    }
    for (int i = 0; i < SHARDS; i++) {
      int first = i;
      world.shard(
          LongStream.range(0, replicas)
              .map(copy -> nodes[(int) ((first + copy) % nodes.length)])
              .toArray());
    }
    world.settle(ROUNDS_MAX);
    return world;
  }

  private static void join(PlanWorld world, long... nodes) {
    for (long node : nodes) {
      world.node(node, "");
    }
  }

  private static void leave(PlanWorld world, long... nodes) {
    for (long node : nodes) {
      world.drain(node);
    }
  }

  /** To rest; who has left is removed. */
  private static void settle(PlanWorld world) {
    world.settle(ROUNDS_MAX);
    for (long node : Set.copyOf(world.nodes.keySet())) {
      if (world.nodes.get(node).value().isDraining()) {
        assertThat(world.replicasByNode().get(node)).as("left on %d", node).isZero();
        world.nodes.remove(node);
        world.health.remove(node);
      }
    }
    check(world);
  }

  /** Every shard is on nodes that are there, and they have equally many of them within one. */
  private static void check(PlanWorld world) {
    for (Revised<Shard> shard : world.shards.values()) {
      assertThat(places(shard.value())).isSubsetOf(world.nodes.keySet());
    }
    assertThat(PlanWorld.spread(world.replicasByNode())).isLessThanOrEqualTo(1);
  }

  private static Set<Long> places(Shard shard) {
    return shard.replicas().stream().map(Replica::node).collect(Collectors.toSet());
  }

  private static Map<Long, Set<Long>> configuration(PlanWorld world) {
    Map<Long, Set<Long>> places = new TreeMap<>();
    world.shards.forEach((id, shard) -> places.put(id, places(shard.value())));
    return places;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void testBasicLeaveJoin(int replicas) {
    PlanWorld world = world(replicas, 1, 2, 3);
    check(world);
    join(world, 4);
    settle(world);
    join(world, 5);
    settle(world);
    leave(world, 1);
    settle(world);
    leave(world, 3);
    settle(world);
    assertThat(world.nodes.keySet()).containsExactly(2L, 4L, 5L);
  }

  @Test
  void testBasicMove() throws PlanRefusedException {
    PlanWorld world = world(1, 1, 2);
    long shard = world.shards.firstKey();
    long from = places(world.shards.get(shard).value()).iterator().next();
    long to = 3 - from;
    world.carryOut(List.of(new WishPlanner(world.view(), world.load()).move(shard, from, to)));
    assertThat(places(world.shards.get(shard).value())).containsExactly(to);
    assertThat(world.shards.get(shard).value().epoch().isNewerThan(Epoch.FIRST)).isTrue();
  }

  @Test
  void testBasicConcurrentLeaveJoin() {
    for (long seed = 1; seed <= 50; seed++) {
      Random random = new Random(seed);
      PlanWorld world = world(1, 1);
      for (long node = 10; node < 20; node++) {
        join(world, node, node + 100);
        world.carryOut(some(world.plan(), random));
        leave(world, node + 100);
        world.carryOut(some(world.plan(), random));
      }
      settle(world);
      assertThat(world.nodes).as("seed %d", seed).hasSize(11);
    }
  }

  private static List<Job> some(List<Job> plan, Random random) {
    return plan.subList(0, random.nextInt(plan.size() + 1));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void testBasicMinimalTransfersAfterJoins(int replicas) {
    PlanWorld world = world(replicas, 1, 2, 3, 4, 5);
    Map<Long, Set<Long>> before = configuration(world);
    join(world, 6, 7, 8, 9, 10);
    settle(world);
    configuration(world)
        .forEach(
            (shard, places) ->
                places.stream()
                    .filter(node -> node <= 5)
                    .forEach(
                        node ->
                            assertThat(before.get(shard))
                                .as("shard %d went to %d, who was there before", shard, node)
                                .contains(node)));
  }

  @Test
  void testBasicMinimalTransfersAfterLeaves() {
    assertThat(movedBetweenThoseWhoStay(1)).isZero();
  }

  /** Three copies of a shard keep out of each other's way; that may cost one move more. */
  @Test
  void testBasicMinimalTransfersAfterLeavesOfThreeCopies() {
    assertThat(movedBetweenThoseWhoStay(3)).isLessThanOrEqualTo(1);
  }

  private static long movedBetweenThoseWhoStay(int replicas) {
    PlanWorld world = world(replicas, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    Map<Long, Set<Long>> before = configuration(world);
    leave(world, 6, 7, 8, 9, 10);
    settle(world);
    Map<Long, Set<Long>> after = configuration(world);
    return before.entrySet().stream()
        .mapToLong(
            shard ->
                shard.getValue().stream()
                    .filter(node -> node <= 5 && !after.get(shard.getKey()).contains(node))
                    .count())
        .sum();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void testMultiJoinLeave(int replicas) {
    PlanWorld world = world(replicas, 1, 2, 3);
    join(world, 4, 5);
    settle(world);
    leave(world, 1, 4);
    settle(world);
    join(world, 6, 7, 8);
    leave(world, 2);
    settle(world);
    assertThat(world.nodes.keySet()).containsExactly(3L, 5L, 6L, 7L, 8L);
  }

  /** With more nodes than shards. */
  @Test
  void testMultiMoreGroupsThanShards() {
    PlanWorld world = world(1, 1, 2, 3);
    join(world, LongStream.rangeClosed(4, 25).toArray());
    settle(world);
    leave(world, 1, 2, 3);
    settle(world);
  }

  /**
   * Whoever plans, plans the same: as the next leader of placement does, from the same map, however
   * it has come to know it.
   */
  @Test
  void testMultiSameConfigurationOnAllServers() {
    Map<Integer, Map<Long, Set<Long>>> rests = new HashMap<>();
    for (int server = 0; server < SERVERS; server++) {
      PlanWorld world = world(3, 1, 2, 3, 4);
      learnInAnyOrder(world, new Random(server));
      assertThat(world.plan()).hasOnlyElementsOfType(Move.class);
      settle(world);
      rests.put(server, configuration(world));
    }
    assertThat(rests.values()).containsOnly(rests.get(0));
  }

  /** Who comes and who goes; and, told anew, what nodes say, which is kept in hash tables. */
  private static void learnInAnyOrder(PlanWorld world, Random random) {
    List<Runnable> changes =
        Arrays.asList(() -> join(world, 5), () -> join(world, 6), () -> leave(world, 2));
    Collections.shuffle(changes, random);
    changes.forEach(Runnable::run);
    tellInAnyOrder(world.health, random);
    tellInAnyOrder(world.leaders, random);
  }

  private static <V> void tellInAnyOrder(Map<Long, V> known, Random random) {
    List<Map.Entry<Long, V>> entries = new ArrayList<>(Map.copyOf(known).entrySet());
    Collections.shuffle(entries, random);
    known.clear();
    entries.forEach(each -> known.put(each.getKey(), each.getValue()));
  }
}
