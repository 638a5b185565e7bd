package io.flotilla.placement.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A thousand rounds of random load: what is done has a reason, ends, and is not undone. */
final class PlanRoundsTest {
  private static final int ROUNDS = 1000;
  private static final int LARGE_ROUNDS = Integer.getInteger("flotilla.plan.rounds", 100);
  private static final long MUCH = 10_000;

  private final Random random = new Random(1);
  private final PlanWorld world = new PlanWorld();

  private void cluster(int nodes, int shards) {
    world.nodes(nodes);
    shards(nodes, shards);
  }

  private void shards(int nodes, int shards) {
    for (int i = 0; i < shards; i++) {
      long a = 1L + i % nodes;
      world.shard(a, 1 + (a + 3) % nodes, 1 + (a + 7) % nodes);
    }
    world.policy = Policy.DEFAULT.splittingAt(new HeatPolicy(MUCH, 60_000));
    world.settle(2000);
  }

  /** Anything that is not too much, differently each time. */
  private void load() {
    world.shards.keySet().forEach(shard -> load(shard, random.nextLong(MUCH)));
  }

  private void load(long shard, long operations) {
    world.bytes.put(shard, random.nextLong(Policy.DEFAULT.splitBytes()));
    world.heats.put(shard, new Heat(operations, operations >= MUCH, true, KeyBytes.EMPTY, 50));
  }

  @Test
  void loadThatIsNotTooMuchChangesNothing() {
    cluster(12, 100);
    for (int round = 0; round < ROUNDS; round++) {
      load();
      assertThat(world.plan()).as("round %d", round).isEmpty();
    }
  }

  /**
   * The same with 100 nodes and 10,000 shards, where a round costs more: all thousand of them with
   * {@code -Dflotilla.plan.rounds=1000}. Figures are printed.
   */
  @Test
  void aHundredNodesAndTenThousandShardsAreLeftAloneToo() {
    cluster(100, 10_000);
    long begunNanos = System.nanoTime();
    for (int round = 0; round < LARGE_ROUNDS; round++) {
      load();
      assertThat(world.plan()).as("round %d", round).isEmpty();
    }
    System.out.printf(
        Locale.ROOT,
        "100 nodes, 10,000 shards: nothing planned in %d rounds of random load, %.1f ms each%n",
        LARGE_ROUNDS,
        (System.nanoTime() - begunNanos) / 1e6 / LARGE_ROUNDS);
  }

  /** Where most of what is uneven has to stay so; figures are printed. */
  @ParameterizedTest
  @CsvSource({"zones, 10, 10, 80", "racks, 10, 10, 4"})
  void partsOfUnequalSizeCostLittleOnceAllIsInPlace(String what, int a, int b, int c) {
    for (long id = 1; id <= a + b + c; id++) {
      String part = id <= a ? "a" : id <= a + b ? "b" : "c";
      world.node(id, what.equals("zones") ? part : "", what.equals("racks") ? part : "");
    }
    for (int i = 0; i < 10_000; i++) {
      world.shard(1 + i % a, 1 + a + i % b, 1 + a + b + i % c);
    }
    world.settle(2000);
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 10; i++) {
      long begunNanos = System.nanoTime();
      assertThat(world.plan()).isEmpty();
      best = Math.min(best, System.nanoTime() - begunNanos);
    }
    System.out.printf(
        Locale.ROOT, "10,000 shards, %s of %d, %d and %d: %.1f ms%n", what, a, b, c, best / 1e6);
    assertThat(best / 1e6).isLessThan(400);
  }

  /**
   * In one round of three, some shard is too hot, or too large, or on one key. Jobs take some
   * rounds, as they do. With 100 nodes and 10,000 shards for {@code -Dflotilla.plan.rounds}.
   *
   * @param zones of three racks each; 0: without labels
   */
  @ParameterizedTest
  @CsvSource({"12, 0, 100", "12, 2, 100", "100, 0, 10000"})
  void hotShardsAreCutAndWhatFollowsIsNotUndone(int nodes, int zones, int many) {
    for (long id = 1; id <= nodes; id++) {
      world.node(id, zones == 0 ? "" : "z" + id % zones, zones == 0 ? "" : "r" + id / 2 % 3);
    }
    shards(nodes, many);
    int rounds = nodes < 100 ? ROUNDS : LARGE_ROUNDS;
    long plannedNanos = 0;
    Map<Long, Set<Set<Long>>> been = new HashMap<>();
    int splits = 0;
    int moves = 0;
    int transfers = 0;
    for (int round = 0; round < rounds; round++) {
      load();
      Set<Long> hot = heat();
      long before = System.nanoTime();
      List<Job> plan = world.plan();
      plannedNanos += System.nanoTime() - before;
      for (Job job : plan) {
        if (job instanceof Split) {
          assertThat(hot).as("cut in round %d", round).contains(job.shard());
          splits++;
        } else if (job instanceof Move) {
          been.computeIfAbsent(job.shard(), id -> new HashSet<>()).add(places(job.shard()));
          moves++;
        } else if (job instanceof Transfer) {
          transfers++;
        }
      }
      world.begin(plan);
      for (Job job : List.copyOf(world.jobs.values())) {
        if (random.nextInt(3) == 0) {
          world.carryOut(List.of(job));
          assertThat(
                  job instanceof Move
                      && been.getOrDefault(job.shard(), Set.of()).contains(places(job.shard())))
              .as("round %d: %s, back to where it was", round, job)
              .isFalse();
          if (job instanceof Split) {
            been.clear(); // there is more to even out than before
          }
        }
      }
    }
    world.heats.clear();
    world.bytes.clear();
    world.carryOut(List.copyOf(world.jobs.values()));
    int calm = world.settle(2000);
    int shards = world.shards.size();
    System.out.printf(
        Locale.ROOT,
        "%d rounds of random load on %d nodes: %d shards become %d by %d splits; %d of %d replicas"
            + " moved, %d transfers, %d jobs more once it is calm; %.1f ms for a plan%n",
        rounds,
        nodes,
        many,
        shards,
        splits,
        moves,
        3 * shards,
        transfers,
        calm,
        plannedNanos / 1e6 / rounds);
    assertThat(shards).isEqualTo(many + splits);
    assertThat(splits).isBetween(rounds / 20, rounds);
    assertThat(moves).as("no more than came into being").isLessThanOrEqualTo(3 * splits);
    assertThat(PlanWorld.spread(world.replicasByNode())).isLessThan(2);
    assertThat(PlanWorld.spread(world.leadersByNode())).isLessThan(2);
  }

  /** Which shards it is right to cut. */
  private Set<Long> heat() {
    Set<Long> hot = new HashSet<>();
    List<Long> shards = new ArrayList<>(world.shards.keySet());
    long shard = shards.get(random.nextInt(shards.size()));
    switch (random.nextInt(12)) {
      case 0 -> {
        load(shard, MUCH + random.nextLong(MUCH));
        hot.add(shard);
      }
      case 1 -> {
        world.bytes.put(shard, Policy.DEFAULT.splitBytes() + 1 + random.nextLong(MUCH));
        hot.add(shard);
      }
      case 2 -> world.heats.put(shard, new Heat(2 * MUCH, true, true, KeyBytes.EMPTY, 5));
      case 3 -> world.heats.put(shard, new Heat(2 * MUCH, false, true, KeyBytes.EMPTY, 50));
      default -> {}
    }
    return hot;
  }

  private Set<Long> places(long shard) {
    Set<Long> nodes = new HashSet<>();
    world.shards.get(shard).value().replicas().stream().map(Replica::node).forEach(nodes::add);
    return nodes;
  }
}
