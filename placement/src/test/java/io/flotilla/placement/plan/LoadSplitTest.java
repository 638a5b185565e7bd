package io.flotilla.placement.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.model.Split;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is asked of shards, and which of them are cut for it, and where. */
final class LoadSplitTest {
  private static final int MUCH = 10_000;

  private final PlanWorld world = new PlanWorld();
  private long hot;

  @BeforeEach
  void threeNodesAndShards() {
    world.nodes(3);
    hot = world.shard(1, 2, 3);
    world.shard(2, 3, 1);
    world.shard(3, 1, 2);
    world.policy = Policy.DEFAULT.splittingAt(new HeatPolicy(MUCH, 60_000));
  }

  private static Heat heat(long operations, KeyBytes cut, int percent) {
    return new Heat(operations, true, true, cut, percent);
  }

  /** A key within the first shard. */
  private static KeyBytes inside() {
    return KeyBytes.of(new byte[] {0, 0, 0, 1, 0, 1, 77});
  }

  private void assertSays(String part) {
    assertThat(world.why(hot)).anySatisfy(line -> assertThat(line).contains(part));
  }

  @ParameterizedTest
  @CsvSource({
    // operations, lasts, sampled, percent, cut, said
    "9999, true, true, 50, false, 9999 operations/s: its replicas",
    "10000, true, true, 50, true, it is asked for about 10000 operations/s; from 10000 on it is"
        + " split",
    "10000, false, true, 50, false, but this has to last for 60 s",
    "90000, true, true, 20, true, about to begin",
    "90000, true, true, 19, false, no split would help: the best would take 19 % of them away",
    "90000, true, true, 0, false, no split would help: the best would take 0 % of them away",
    "90000, true, false, 0, true, in the middle of its data",
  })
  void isCutIfThatHelps(
      long operations, boolean lasts, boolean sampled, int percent, boolean cut, String said) {
    world.heats.put(hot, new Heat(operations, lasts, sampled, inside(), percent));
    List<Job> plan = world.plan();
    assertThat(plan).hasSize(cut ? 1 : 0);
    assertThat(plan)
        .allSatisfy(
            job -> {
              assertThat(job.shard()).isEqualTo(hot);
              assertThat(((Split) job).at()).isEqualTo(sampled ? inside() : KeyBytes.EMPTY);
            });
    assertSays(said);
  }

  @Test
  void neverIfThatIsOff() {
    world.policy = Policy.DEFAULT.splittingAt(HeatPolicy.OFF);
    world.heats.put(hot, heat(Long.MAX_VALUE, inside(), 50));
    assertThat(world.plan()).isEmpty();
    world.heats.put(hot, heat(0, inside(), 50));
    assertThat(world.plan()).isEmpty();
  }

  @Test
  void neverWhileBalancingIsOff() {
    world.settings = Settings.INITIAL.withBalance(false);
    world.heats.put(hot, heat(MUCH, inside(), 50));
    assertThat(world.plan()).isEmpty();
    assertSays("balancing is off");
  }

  @Test
  void aCutThatIsNotInTheShardIsNotTaken() {
    world.heats.put(hot, heat(MUCH, KeyBytes.of(new byte[] {0, 0, 0, 1, 9}), 50));
    assertThat(((Split) world.plan().get(0)).at()).isEqualTo(KeyBytes.EMPTY);
  }

  @Test
  void whatIsUnderWayOrWasRefusedIsNotBegunAgain() {
    world.heats.put(hot, heat(MUCH, inside(), 50));
    Job split = world.plan().get(0);
    world.begin(List.of(split));
    assertThat(world.plan()).isEmpty();
    assertSays("but shard " + hot + " has a job already");
    world.jobs.clear();
    world.giveUp(split, "no leader would do it");
    assertThat(world.plan()).isEmpty();
    assertSays("could not be split a while ago: no leader would do it");
  }

  @Test
  void onlySoManyAtOnce() {
    for (int i = 0; i < 40; i++) {
      world.shard(1 + i % 3, 1 + (i + 1) % 3, 1 + (i + 2) % 3);
    }
    world.shards.keySet().forEach(id -> world.heats.put(id, heat(MUCH, KeyBytes.EMPTY, 50)));
    assertThat(world.plan()).hasSize(16).allMatch(Split.class::isInstance);
  }

  @Test
  void whatIsCutIsNotCutAgainForWhatWasAskedBefore() {
    world.heats.put(hot, heat(MUCH, inside(), 50));
    world.carryOut(world.plan());
    assertThat(world.shards.get(hot).value().range().end()).isEqualTo(inside());
    assertThat(world.plan()).isEmpty();
  }

  private List<Long> grown() {
    world.settings = Settings.INITIAL.withGoal(PlanWorld.KEYSPACE, 4);
    return world.plan().stream().map(Job::shard).toList();
  }

  @Test
  void growthCutsTheHottestOrTheLargest() {
    world.heats.put(2L, heat(900, inside(), 50));
    assertThat(grown()).as("all alike, but for a load that is too little to matter").contains(1L);
    world.heats.put(2L, heat(1000, inside(), 50));
    assertThat(grown()).as("the only one that is asked").containsExactly(2L);
    world.bytes.put(3L, 1L << 20);
    world.heats.put(1L, heat(1000, inside(), 50));
    assertThat(grown()).as("all of the bytes, not half of what is asked").containsExactly(3L);
    world.bytes.put(1L, 1L << 20);
    world.bytes.put(2L, 1L << 20);
    assertThat(grown()).as("half of what is asked, not a third of bytes").containsExactly(1L);
    assertThat(((Split) world.plan().get(0)).at()).as("by its load").isEqualTo(inside());
    world.heats.put(1L, heat(1000, KeyBytes.EMPTY, 0));
    assertThat(grown()).as("a cut would not help the other").containsExactly(2L);
  }
}
