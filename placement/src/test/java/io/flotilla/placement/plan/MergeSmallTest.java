package io.flotilla.placement.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.Frozen;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.model.Split;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When neighbours are merged unasked, and when not. */
final class MergeSmallTest {
  private static final long MIB = 1 << 20;
  private static final Policy POLICY = Policy.DEFAULT.splittingAt(256 * MIB);

  private final PlanWorld world = new PlanWorld();

  /** Shards 1 to 4 in a row on the same nodes; 1 to 3 small, 3 the lightest. */
  @BeforeEach
  void fourNeighbours() {
    world.nodes(3);
    for (int i = 0; i < 4; i++) {
      world.shard(1 + i % 3, 1 + (i + 1) % 3, 1 + (i + 2) % 3);
    }
    world.bytes.putAll(Map.of(1L, 3 * MIB, 2L, 2 * MIB, 3L, MIB, 4L, 100 * MIB));
    world.settings = floor(1);
    world.policy = POLICY;
  }

  private static Settings floor(int shards) {
    return Settings.INITIAL.withFloor(PlanWorld.KEYSPACE, shards);
  }

  private List<Merge> merges() {
    return world.plan().stream().filter(Merge.class::isInstance).map(Merge.class::cast).toList();
  }

  @Test
  void theLighterOfTwoSmallNeighboursIsAbsorbed() {
    List<Merge> merges = merges();
    assertThat(merges).hasSize(1);
    assertThat(merges.get(0).shard()).isEqualTo(2);
    assertThat(merges.get(0).into()).isEqualTo(1);
    assertThat(merges.get(0).reason())
        .isEqualTo("they weigh about 2048 and 3072 KiB, both less than 16384");
    assertThat(world.why(3)).anyMatch(line -> line.contains("2 and 3 have to wait: shard 2 has"));
    assertThat(world.why(3))
        .anyMatch(line -> line.contains("3 and 4 are left alone: shard 4 weighs about 102400 KiB"));
    world.carryOut(world.plan());
    assertThat(merges()).extracting(Merge::shard).containsExactly(3L);
    world.settle(10);
    assertThat(world.shards).containsOnlyKeys(1L, 4L);
  }

  private record Case(String why, Consumer<PlanWorld> change) {
    @Override
    public String toString() {
      return why;
    }
  }

  static Stream<Case> obstacles() {
    return Stream.of(
        new Case(
            "their keyspace is to have 4 shards, as was asked for", w -> w.settings = floor(4)),
        new Case(
            "their keyspace is older than merging, and nobody has said",
            w -> w.settings = Settings.INITIAL),
        new Case(
            "nobody has said what shard 2 weighs", w -> w.bytes.keySet().removeAll(List.of(2L))),
        new Case("shard 2 weighs about 16384 KiB", w -> w.bytes.put(2L, 16 * MIB)),
        new Case(
            "are not on the same nodes: shard 2 is on [1, 2, 4], shard 1 on [1, 2, 3]",
            w -> {
              w.node(4, "");
              w.nodes.remove(4L);
              w.health.put(4L, LoadView.Health.STEADY);
              moveTo4(w);
            }),
        new Case(
            "they are asked for 5000 operations/s together, and from 10000 on a shard is split",
            w -> {
              w.heats.put(1L, asked(2_000));
              w.heats.put(2L, asked(3_000));
              w.heats.put(3L, asked(2_000));
            }),
        new Case("shard 2 has lost its replica on node 3", MergeSmallTest::lose),
        new Case("which is silent", w -> w.health.put(3L, LoadView.Health.SILENT)),
        new Case("shard 2 is frozen", MergeSmallTest::freeze),
        new Case("has no leader that placement knows of", w -> w.leaders.remove(2L)),
        new Case(
            "shard 2 was split a while ago",
            w -> w.done(new Split(0, 2, Epoch.FIRST, KeyBytes.EMPTY, 9, List.of(), ""))),
        new Case(
            "shard 9 was split a while ago",
            w -> w.done(new Split(0, 9, Epoch.FIRST, KeyBytes.EMPTY, 2, List.of(), ""))),
        new Case(
            "were not merged a while ago: too slow",
            w -> {
              w.giveUp(new Merge(0, 1, Epoch.FIRST, 2, Epoch.FIRST, ""), "too slow");
              w.giveUp(new Merge(0, 3, Epoch.FIRST, 2, Epoch.FIRST, ""), "too slow");
            }));
  }

  /** To stay so for now. */
  private static void lose(PlanWorld world) {
    world.lost.add(world.shards.get(2L).value().replicaOn(3).orElseThrow().id());
    world.stopped.addAll(world.lost);
  }

  private static Heat asked(long operations) {
    return new Heat(operations, false, false, KeyBytes.EMPTY, 0);
  }

  private static void moveTo4(PlanWorld world) {
    Shard shard = world.shards.get(2L).value();
    List<Replica> replicas = new ArrayList<>(shard.replicas());
    replicas.replaceAll(each -> each.node() == 3 ? new Replica(4, 77, each.role()) : each);
    replace(world, shard, replicas, Optional.empty());
  }

  private static void freeze(PlanWorld world) {
    Shard shard = world.shards.get(2L).value();
    Frozen frozen = new Frozen(1, Epoch.FIRST, 7, shard.replicas());
    replace(world, shard, shard.replicas(), Optional.of(frozen));
  }

  private static void replace(
      PlanWorld world, Shard shard, List<Replica> replicas, Optional<Frozen> frozen) {
    Shard other =
        new Shard(shard.id(), shard.keyspace(), shard.range(), shard.epoch(), replicas, 0, frozen);
    world.shards.put(shard.id(), new Revised<>(2, other));
  }

  @ParameterizedTest
  @MethodSource("obstacles")
  void whatStandsInTheWayIsSaid(Case obstacle) {
    obstacle.change.accept(world);
    assertThat(merges()).noneMatch(merge -> merge.shards().contains(2L));
    assertThat(String.join("\n", world.why(2)) + String.join("\n", world.why(1)))
        .contains(obstacle.why);
  }

  /** Shard 2 with all of its replicas elsewhere, one of them where shard 1 has one. */
  private void apart() {
    world.node(4, "");
    world.node(5, "");
    world.bytes.put(3L, 20 * MIB);
    Shard shard = world.shards.get(2L).value();
    replace(
        world,
        shard,
        List.of(
            new Replica(3, 71, Replica.Role.VOTER),
            new Replica(4, 72, Replica.Role.VOTER),
            new Replica(5, 73, Replica.Role.VOTER)),
        Optional.empty());
    world.leaders.put(2L, 4L);
  }

  private List<Move> movesOf(long shard) {
    return world.plan().stream()
        .filter(Move.class::isInstance)
        .map(Move.class::cast)
        .filter(move -> move.shard() == shard)
        .toList();
  }

  @Test
  void theLighterOneGoesToTheNodesOfTheOtherAndIsAbsorbedThere() {
    apart();
    for (int step = 0; step < 2; step++) {
      assertThat(merges()).isEmpty();
      List<Move> moves = movesOf(2);
      assertThat(moves).hasSize(1);
      assertThat(moves.get(0).to().node()).isIn(1L, 2L);
      assertThat(moves.get(0).reason())
          .isEqualTo("it is to be merged with shard 1, which is on [1, 2, 3]");
      assertThat(movesOf(1)).isEmpty();
      world.carryOut(world.plan());
    }
    assertThat(merges()).extracting(Merge::shard).containsExactly(2L);
    world.settle(20);
    assertThat(world.shards).containsOnlyKeys(1L, 3L, 4L);
  }

  @Test
  void whoLeadsGoesLast() {
    apart();
    assertThat(movesOf(2)).extracting(Move::from).containsExactly(73L);
  }

  /** Also while one of its replicas is on its way, or the next one has to wait. */
  @Test
  void whatIsToBeMergedIsNotMovedToEvenThingsOut() {
    apart();
    world.begin(world.plan());
    for (int i = 0; i < 30; i++) {
      world.bytes.put(world.shard(1, 2, 3), 100 * MIB);
    }
    assertThat(movesOf(1)).isEmpty();
    assertThat(world.plan()).as("others are").isNotEmpty();
  }

  @Test
  void nobodyIsBroughtTogetherWhoMustNotBeMerged() {
    apart();
    world.settings = floor(4);
    assertThat(movesOf(2)).noneMatch(move -> move.reason().contains("merged"));
    world.settings = floor(1);
    world.bytes.put(1L, 17 * MIB);
    assertThat(movesOf(2)).noneMatch(move -> move.reason().contains("merged"));
  }

  /** Not to a node where two replicas would be in one zone. */
  @Test
  void zonesAreNotCrowdedForIt() {
    world.node(4, "c");
    world.health.put(4L, LoadView.Health.FRESH); // so that shard 1 does not go there
    world.node(1, "a");
    world.node(2, "b");
    world.node(3, "b");
    Shard shard = world.shards.get(2L).value();
    replace(
        world,
        shard,
        List.of(
            new Replica(1, 71, Replica.Role.VOTER),
            new Replica(2, 72, Replica.Role.VOTER),
            new Replica(4, 73, Replica.Role.VOTER)),
        Optional.empty());
    world.leaders.put(2L, 1L);
    world.bytes.put(3L, 20 * MIB);
    assertThat(movesOf(2)).isEmpty();
    assertThat(world.why(2))
        .anyMatch(line -> line.contains("no node of shard 1 may take a replica of shard 2"));
  }

  /** Others that are ready are merged, as many as may be; that does not let these go. */
  @Test
  void whatIsHeldIsHeldWhileOthersAreMerged() {
    apart();
    world.carryOut(movesOf(2).stream().map(Job.class::cast).toList());
    for (int i = 0; i < 2 * POLICY.mergesMax(); i++) {
      world.bytes.put(world.shard(1, 2, 3), MIB);
    }
    assertThat(merges()).hasSize(POLICY.mergesMax());
    assertThat(movesOf(2))
        .extracting(Move::reason)
        .containsExactly("it is to be merged with shard 1, which is on [1, 2, 3]");
  }

  /** Not first the one and then, when it is half there, the other. */
  @Test
  void whoIsNearestComesFirst() {
    apart();
    world.policy = new Policy(100, 100, 4, 16, 256 * MIB, 1, 16 * MIB, world.policy.heat());
    long left = world.shard(1, 2, 3);
    long right = world.shard(1, 2, 4);
    world.bytes.putAll(Map.of(left, 2 * MIB, right, MIB));
    assertThat(movesOf(right)).extracting(move -> move.to().node()).containsExactly(3L);
    assertThat(movesOf(2)).isEmpty();
  }

  /** It would stand in the others' way for as long. */
  @Test
  void whoIsAwayIsNotWaitedFor() {
    apart();
    world.policy = new Policy(100, 100, 4, 16, 256 * MIB, 1, 16 * MIB, world.policy.heat());
    world.node(6, "");
    world.bytes.put(world.shard(1, 2, 4), 2 * MIB);
    long right = world.shard(3, 4, 6);
    world.bytes.put(right, MIB);
    assertThat(movesOf(2)).as("it comes before").isNotEmpty();
    world.health.put(5L, LoadView.Health.UNREACHABLE);
    assertThat(movesOf(2)).isEmpty();
    assertThat(movesOf(right)).as("whose turn it is").isNotEmpty();
  }

  /** So that never more shards are held, and meant to go, than may. */
  @Test
  void thoseThatAreBroughtTogetherCountAsMerges() {
    apart();
    world.policy = new Policy(100, 100, 4, 16, 256 * MIB);
    for (int i = 0; i < 20; i++) {
      world.bytes.put(i % 2 == 0 ? world.shard(1, 2, 3) : world.shard(3, 4, 5), MIB);
    }
    List<Job> plan = world.plan();
    long together =
        plan.stream()
            .filter(Move.class::isInstance)
            .filter(job -> job.reason().startsWith("it is to be merged"))
            .count();
    assertThat(together).isEqualTo(POLICY.mergesMax());
    world.settings = floor(world.shards.size() - 1);
    assertThat(world.plan())
        .filteredOn(job -> job.reason().startsWith("it is to be merged"))
        .hasSize(1);
  }

  @Test
  void neitherSideOfAMergeGetsAnotherJob() {
    world.begin(List.copyOf(merges()));
    assertThat(world.jobs.values()).hasSize(1);
    world.node(4, "");
    world.drain(1);
    world.bytes.put(1L, 999 * MIB);
    assertThat(world.plan()).noneMatch(job -> job.shard() == 1 || job.shard() == 2);
    assertThat(world.plan()).as("others have").isNotEmpty();
  }

  @Test
  void notMoreThanSoManyAtATime() {
    for (int i = 0; i < 20; i++) {
      world.bytes.put(world.shard(1, 2, 3), MIB);
    }
    assertThat(merges()).hasSize(POLICY.mergesMax());
    world.begin(world.plan().stream().filter(Merge.class::isInstance).toList());
    assertThat(merges()).isEmpty();
  }

  /** Those under way and those planned count: the floor is never passed. */
  @Test
  void neverBelowWhatWasAskedFor() {
    for (int i = 0; i < 8; i++) {
      world.bytes.put(world.shard(1, 2, 3), MIB);
    }
    world.settings = floor(10);
    world.begin(world.plan().stream().filter(Merge.class::isInstance).toList());
    assertThat(world.jobs).hasSize(2);
    assertThat(merges()).isEmpty();
    world.carryOut(List.copyOf(world.jobs.values()));
    assertThat(world.shards).hasSize(10);
    assertThat(merges()).isEmpty();
  }

  @Test
  void nothingIsMergedWhileBalancingIsOffOrADeadNodeIsEmptied() {
    world.settings = floor(1).withBalance(false);
    assertThat(merges()).isEmpty();
    world.settings = floor(1);
    world.node(4, "");
    world.drain(3);
    assertThat(merges()).isEmpty();
  }

  @Test
  void mergingCanBeOff() {
    world.policy = POLICY.mergingBelow(0);
    assertThat(merges()).isEmpty();
  }

  /**
   * Load comes and goes for 1,000 rounds, and shards are asked for. What was merged was small, what
   * was cut was large, no round undoes what the one before it has done, and in the end there is a
   * plan that nothing is left to do.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void aThousandRoundsOfRandomLoadWithoutOscillation(long seed) {
    Random random = new Random(seed);
    world.node(4, "");
    Map<Long, Integer> lastCut = new HashMap<>();
    int merges = 0;
    int splits = 0;
    for (int round = 0; round < 1000; round++) {
      if (round % 20 == 0) {
        changeLoad(random);
        if (random.nextInt(5) == 0) {
          int wanted = world.shards.size() + 1 + random.nextInt(3);
          world.settings = world.settings.withGoal(PlanWorld.KEYSPACE, wanted).withFloor(1, wanted);
        }
      }
      world.endedLately.clear(); // so that size alone has to keep it calm
      List<Job> plan = world.plan();
      for (Job job : plan) {
        if (job instanceof Merge merge) {
          merges++;
          long weight = world.bytes.get(merge.shard()) + world.bytes.get(merge.into());
          assertThat(weight).isLessThan(POLICY.splitBytes() / 4);
          int cut = Math.max(lastCut(lastCut, merge.shard()), lastCut(lastCut, merge.into()));
          assertThat(round / 20).as("in the same calm as the cut").isGreaterThan(cut / 20);
        }
        if (job instanceof Split split) {
          splits++;
          lastCut.put(split.shard(), round);
          lastCut.put(split.newShard(), round);
        }
      }
      world.carryOut(plan);
      int floor = world.settings.floors().getOrDefault(PlanWorld.KEYSPACE, 0);
      int goal = world.settings.goals().getOrDefault(PlanWorld.KEYSPACE, 0);
      assertThat(world.shards.size())
          .as("as many as asked for, once there were")
          .isGreaterThanOrEqualTo(goal == 0 ? floor : 1);
      if (goal != 0 && world.shards.size() >= goal) {
        world.settings = world.settings.withGoal(PlanWorld.KEYSPACE, 0);
      }
      if (round % 20 == 19) {
        assertThat(plan).as("calm again").isEmpty();
      }
    }
    assertThat(merges).as("merges").isGreaterThan(20);
    assertThat(splits).as("splits").isGreaterThan(20);
  }

  private static int lastCut(Map<Long, Integer> cuts, long shard) {
    return cuts.getOrDefault(shard, -20);
  }

  /** Some shards are emptied, and one or two grow. */
  private void changeLoad(Random random) {
    List<Long> all = new ArrayList<>(world.shards.keySet());
    for (int i = 0; i < 8; i++) {
      long shard = all.get(random.nextInt(all.size()));
      world.bytes.put(shard, (i < 6 ? random.nextInt(20) : random.nextInt(600)) * MIB);
    }
  }
}
