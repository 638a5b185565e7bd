package io.flotilla.placement.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.model.Shard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of plans for any cluster. */
final class PlannerPropertyTest {
  private static final int ROUNDS_MAX = 400;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 300);
  }

  /**
   * Up to 12 nodes in up to 4 zones or none, each in one of up to 3 racks or in none, up to 40
   * shards, some nodes draining or dead.
   */
  private static PlanWorld random(Random random) {
    PlanWorld world = new PlanWorld();
    int nodes = 4 + random.nextInt(9);
    int zones = random.nextInt(5);
    int racks = Math.max(0, random.nextInt(7) - 3);
    for (long id = 1; id <= nodes; id++) {
      String zone = zones == 0 ? "" : "z" + random.nextInt(zones);
      int rack = racks == 0 ? 0 : random.nextInt(racks + 1);
      world.node(id, zone, rack == 0 ? "" : "r" + rack);
    }
    List<Long> all = new ArrayList<>(world.nodes.keySet());
    int replicas = 1 + 2 * random.nextInt(2);
    int shards = 1 + random.nextInt(40);
    for (int i = 0; i < shards; i++) {
      Collections.shuffle(all, random);
      world.shard(all.subList(0, replicas).stream().mapToLong(Long::longValue).toArray());
    }
    if (random.nextBoolean()) {
      world.drain(1L + random.nextInt(nodes));
    }
    if (replicas > 1 && random.nextInt(3) == 0) {
      long dead = 1L + random.nextInt(nodes);
      world.health.put(dead, LoadView.Health.DEAD);
      world.leaders.replaceAll(
          (shard, leader) ->
              leader != dead
                  ? leader
                  : world.shards.get(shard).value().replicas().stream()
                      .map(Replica::node)
                      .filter(node -> node != dead)
                      .findFirst()
                      .orElseThrow());
    }
    if (random.nextBoolean()) {
      world.settings = Settings.INITIAL.withGoal(PlanWorld.KEYSPACE, shards + random.nextInt(20));
    }
    if (random.nextBoolean()) {
      world.shards.keySet().forEach(id -> world.bytes.put(id, (random.nextInt(3) * 40L) << 20));
      int goal = world.settings.goals().getOrDefault(PlanWorld.KEYSPACE, 0);
      world.settings = world.settings.withFloor(PlanWorld.KEYSPACE, Math.max(goal, shards / 2 + 1));
    }
    return world;
  }

  /**
   * Some shards have fewer replicas than are asked for, all of them where somebody is heard; maybe
   * more are asked for than there are nodes.
   */
  private static void lack(PlanWorld world, Random random) {
    int replicas = world.shards.firstEntry().getValue().value().replicas().size();
    world.replicas = random.nextInt(4) == 0 ? replicas + 2 : replicas;
    for (Revised<Shard> each : List.copyOf(world.shards.values())) {
      Shard shard = each.value();
      List<Replica> left = new ArrayList<>(shard.replicas());
      left.removeIf(replica -> world.health.get(replica.node()) == LoadView.Health.DEAD);
      Collections.shuffle(left, random);
      Shard cut =
          new Shard(
              shard.id(),
              shard.keyspace(),
              shard.range(),
              shard.epoch(),
              left.subList(0, 1 + random.nextInt(left.size())),
              0);
      if (random.nextInt(3) == 0) {
        world.shards.put(shard.id(), new Revised<>(1, cut));
        world.leaders.put(shard.id(), cut.replicas().get(0).node());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void plansComeToAnEndAndKeepWhatMustHold(long seed) {
    Random random = new Random(seed);
    PlanWorld world = random(random);
    world.policy = random.nextBoolean() ? Policy.DEFAULT : Policy.DEFAULT.atOnce();
    if (random.nextInt(3) == 0) {
      lack(world, random);
    }
    for (int round = 0; ; round++) {
      assertThat(round).as("rounds").isLessThan(ROUNDS_MAX);
      List<Job> plan = world.plan();
      assertThat(world.plan()).as("the same twice").isEqualTo(plan);
      if (plan.isEmpty()) {
        break;
      }
      assertThat(plan.stream().flatMap(job -> job.shards().stream())).doesNotHaveDuplicates();
      Map<Long, Integer> crowds = crowds(world);
      world.begin(plan);
      world.carryOut(List.copyOf(world.jobs.values()));
      assertTiles(world);
      assertApart(world);
      crowds.keySet().retainAll(world.shards.keySet());
      crowds.forEach(
          (shard, crowd) ->
              assertThat(crowds(world).get(shard))
                  .as("zones and racks of shard %d, unless it had to flee", shard)
                  .isLessThanOrEqualTo(mayCrowd(plan, shard) ? Integer.MAX_VALUE : crowd));
    }
    assertEvacuated(world);
    assertReplenished(world);
    assertSpread(world);
    assertEven(world);
  }

  private static boolean mayCrowd(List<Job> plan, long shard) {
    return plan.stream()
        .anyMatch(
            job ->
                job.shard() == shard
                    && (job.reason().contains("draining")
                        || job.reason().contains("dead")
                        || (job instanceof Move move && move.isAddition())));
  }

  private static Map<Long, Integer> crowds(PlanWorld world) {
    Map<Long, Integer> crowds = new java.util.TreeMap<>();
    for (Revised<Shard> each : world.shards.values()) {
      List<Long> nodes = each.value().replicas().stream().map(Replica::node).toList();
      crowds.put(each.value().id(), crowd(world, nodes));
    }
    return crowds;
  }

  /** A hundred for each pair of nodes in one zone, one more for each pair in one rack of it. */
  private static int crowd(PlanWorld world, List<Long> nodes) {
    int crowd = 0;
    for (int i = 0; i < nodes.size(); i++) {
      Node one = world.nodes.get(nodes.get(i)).value();
      for (Long before : nodes.subList(0, i)) {
        Node other = world.nodes.get(before).value();
        boolean zone = one.zone().equals(other.zone());
        crowd += zone ? 100 : 0;
        crowd += zone && !one.rack().isEmpty() && one.rack().equals(other.rack()) ? 1 : 0;
      }
    }
    return crowd;
  }

  /** No replica of a shard could be moved so that fewer of them are in one zone, or one rack. */
  private static void assertSpread(PlanWorld world) {
    List<Long> steady = world.nodes.keySet().stream().filter(n -> isSteady(world, n)).toList();
    for (Revised<Shard> each : world.shards.values()) {
      List<Long> nodes = each.value().replicas().stream().map(Replica::node).toList();
      for (int i = 0; steady.containsAll(nodes) && i < nodes.size(); i++) {
        for (long other : steady) {
          List<Long> moved = new ArrayList<>(nodes);
          moved.set(i, other);
          assertThat(nodes.contains(other) ? Integer.MAX_VALUE : crowd(world, moved))
              .as("shard %d on %s, were it on %s", each.value().id(), nodes, moved)
              .isGreaterThanOrEqualTo(crowd(world, nodes));
        }
      }
    }
  }

  private static void assertTiles(PlanWorld world) {
    List<Shard> shards =
        new ArrayList<>(world.shards.values().stream().map(Revised::value).toList());
    shards.sort((a, b) -> a.range().start().compareTo(b.range().start()));
    KeyBytes end = shards.get(0).range().start();
    for (Shard shard : shards) {
      assertThat(shard.range().start()).isEqualTo(end);
      end = shard.range().end();
    }
  }

  /** The model refuses two replicas on one node; ids must be new, too. */
  private static void assertApart(PlanWorld world) {
    Set<Long> ids = new HashSet<>();
    for (Revised<Shard> each : world.shards.values()) {
      each.value().replicas().forEach(replica -> assertThat(ids.add(replica.id())).isTrue());
    }
  }

  private static void assertEvacuated(PlanWorld world) {
    int replicas =
        Math.max(world.replicas, world.shards.firstEntry().getValue().value().replicas().size());
    long stay = world.nodes.keySet().stream().filter(node -> isSteady(world, node)).count();
    for (long node : stay < replicas ? Set.<Long>of() : world.nodes.keySet()) {
      boolean leaves =
          world.nodes.get(node).value().isDraining()
              || world.health.get(node) == LoadView.Health.DEAD;
      if (leaves) {
        assertThat(world.replicasByNode().get(node)).as("replicas on node %d", node).isZero();
      }
    }
  }

  private static void assertReplenished(PlanWorld world) {
    long nodes = world.nodes.keySet().stream().filter(node -> isSteady(world, node)).count();
    for (Revised<Shard> each : world.shards.values()) {
      assertThat(each.value().replicas().size())
          .as("replicas of %s", each.value())
          .isBetween((int) Math.min(nodes, world.replicas), Math.max(3, world.replicas));
    }
  }

  private static void assertEven(PlanWorld world) {
    Map<Long, Integer> replicas = world.replicasByNode();
    replicas.keySet().removeIf(node -> !isSteady(world, node));
    boolean racks = hasRacks(world);
    if (!hasZones(world) && !racks) {
      assertThat(PlanWorld.spread(replicas)).as("replicas %s", replicas).isLessThanOrEqualTo(1);
    }
    Map<Object, Map<Long, Integer>> byPlace = new HashMap<>();
    replicas.forEach(
        (node, count) -> {
          Place place = Place.of(world.nodes.get(node).value());
          byPlace
              .computeIfAbsent(racks ? place : place.zone(), any -> new java.util.TreeMap<>())
              .put(node, count);
        });
    byPlace.forEach(
        (place, counts) ->
            assertThat(PlanWorld.spread(counts)).as("in %s: %s", place, counts).isLessThan(2));
  }

  private static boolean hasZones(PlanWorld world) {
    return world.nodes.values().stream().map(n -> n.value().zone()).distinct().count() > 1;
  }

  private static boolean hasRacks(PlanWorld world) {
    return world.nodes.values().stream().anyMatch(node -> !node.value().rack().isEmpty());
  }

  private static boolean isSteady(PlanWorld world, long node) {
    return world.health.get(node) == LoadView.Health.STEADY
        && !world.nodes.get(node).value().isDraining();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aNewNodeGetsItsShareAndNothingGoesBack(long seed) {
    Random random = new Random(seed);
    PlanWorld world = random(random);
    world.settle(ROUNDS_MAX);
    world.settings = Settings.INITIAL;
    List<Job> first = world.plan();
    assertThat(first).as("settled").isEmpty();
    world.node(99, random.nextBoolean() ? "" : "z0", random.nextBoolean() ? "" : "r1");
    boolean labels = hasZones(world) || hasRacks(world);
    Set<String> been = new HashSet<>();
    int moves = 0;
    List<Job> plan = world.plan();
    for (int round = 0; !plan.isEmpty(); round++) {
      assertThat(round).isLessThan(ROUNDS_MAX);
      assertThat(round == 0 || labels || plan.stream().noneMatch(Move.class::isInstance))
          .as("moved all at once, but where labels ask for two moves of a shard: %s", plan)
          .isTrue();
      for (Job job : plan) {
        if (job instanceof Move) {
          been.add(places(world, job.shard()));
          moves++;
        }
      }
      world.carryOut(plan);
      for (Job job : plan) {
        if (job instanceof Move) {
          assertThat(been).as("back where it was").doesNotContain(places(world, job.shard()));
        }
      }
      plan = world.plan();
    }
    int all = world.replicasByNode().values().stream().mapToInt(Integer::intValue).sum();
    long share = world.replicasByNode().keySet().stream().filter(n -> isSteady(world, n)).count();
    if (!labels) {
      assertThat((long) moves).as("its share").isLessThanOrEqualTo((all + share - 1) / share);
    }
  }

  private static String places(PlanWorld world, long shard) {
    return shard
        + " on "
        + world.shards.get(shard).value().replicas().stream().map(Replica::node).sorted().toList();
  }

  @Test
  void leadersEndWithinOneOfEven() {
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      PlanWorld world = new PlanWorld();
      int nodes = 3 + random.nextInt(6);
      world.nodes(nodes);
      List<Long> all = new ArrayList<>(world.nodes.keySet());
      for (int i = 0; i < nodes * (2 + random.nextInt(8)); i++) {
        Collections.shuffle(all, random);
        world.shard(all.get(0), all.get(1), all.get(2));
      }
      world.policy = Policy.DEFAULT;
      world.settle(ROUNDS_MAX);
      assertThat(PlanWorld.spread(world.leadersByNode())).as("seed %d", seed).isLessThan(2);
    }
  }

  /** The numbers are printed. */
  @Test
  void aHundredNodesAndTenThousandShards() {
    PlanWorld world = new PlanWorld();
    for (long id = 1; id <= 100; id++) {
      world.node(id, "z" + id % 5, "r" + id / 5 % 4);
    }
    for (int i = 0; i < 10_000; i++) {
      long first = 1L + i % 100;
      world.shard(first, 1 + (first + 30) % 100, 1 + (first + 61 + i / 100 % 2 * 5) % 100);
    }
    world.settle(50);
    world.policy = Policy.DEFAULT;
    assertThat(world.plan()).isEmpty();
    long idle = fastest(world);
    world.node(101, "z1", "r0");
    world.policy = Policy.DEFAULT.atOnce();
    long begun = System.nanoTime();
    List<Job> plan = world.plan();
    long all = System.nanoTime() - begun;
    long moves = plan.stream().filter(Move.class::isInstance).count();
    world.policy = Policy.DEFAULT;
    long few = fastest(world);
    System.out.printf(
        Locale.ROOT,
        "plans for 100 nodes, 10,000 shards: %.1f ms with nothing to do, %.1f ms for two moves,"
            + " %.1f ms for all %d moves to the 101st node%n",
        idle / 1e6,
        few / 1e6,
        all / 1e6,
        moves);
    int rounds = 0;
    int moved = 0;
    for (List<Job> next = world.plan(); !next.isEmpty(); next = world.plan()) {
      moved += (int) next.stream().filter(Move.class::isInstance).count();
      world.carryOut(next);
      rounds++;
    }
    System.out.printf(
        "it is even again after %d rounds of two moves at once, and %d moves%n", rounds, moved);
    assertThat(moved).as("a few at a time, no more").isLessThanOrEqualTo(297 * 105 / 100);
    assertThat(PlanWorld.spread(world.leadersByNode())).isLessThan(2);
    assertThat(moves).as("30,000 / 101, and 5 %").isLessThanOrEqualTo(297 * 105 / 100);
    assertThat(Duration.ofNanos(idle)).isLessThan(Duration.ofSeconds(1));
    assertThat(Duration.ofNanos(few)).isLessThan(Duration.ofSeconds(1));
    assertThat(Duration.ofNanos(all)).isLessThan(Duration.ofSeconds(20));
  }

  private static long fastest(PlanWorld world) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 10; i++) {
      long begun = System.nanoTime();
      world.plan();
      best = Math.min(best, System.nanoTime() - begun);
    }
    return best;
  }
}
