package io.flotilla.deploy.whole;

import static io.flotilla.deploy.whole.ShardLab.RELIABLE;
import static io.flotilla.deploy.whole.ShardLab.SECOND;
import static io.flotilla.deploy.whole.ShardLab.SHARDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.router.client.AdminAnswer;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClientStats;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * A program whose map is of yesterday, since it was cut off from placement: what its shards have
 * become meanwhile it learns from the nodes that refuse it, one round trip for each shard.
 */
class DayOldMapTest {
  private static final int KEYS = 4 * SHARDS;
  private static final long JOB_MICROS = 30 * SECOND;

  private static ShardLab lab(int groups, long seed) {
    ShardLab lab = new ShardLab("day-old", groups, 1, RELIABLE, seed);
    lab.clerks().putAll(KEYS, "v");
    lab.cut(Set.of(lab.clerk().user()), lab.whole().members());
    return lab;
  }

  private static AdminAnswer await(ShardLab lab, CompletableFuture<AdminAnswer> asked) {
    AdminAnswer begun = lab.await(asked, JOB_MICROS);
    lab.await("done", JOB_MICROS, () -> lab.view().jobs().isEmpty());
    return begun;
  }

  /** The new shard, on the right. */
  private static long split(ShardLab lab, long shard, Bytes at) {
    AdminAnswer done = await(lab, lab.admin().splitShard(shard, Optional.of(at), false));
    return done.jobs().get(0).job().newShard().orElseThrow();
  }

  /** What so many reads at once have cost in requests. */
  private static ClientStats costOfReadingAll(ShardLab lab) {
    ClientStats before = lab.clerk().user().client().stats();
    long begun = lab.now();
    lab.clerks().checkAll(KEYS);
    assertThat(lab.now() - begun).as("microseconds").isLessThan(SECOND / 5);
    ClientStats after = lab.clerk().user().client().stats();
    return new ClientStats(
        after.operations() - before.operations(),
        after.requests() - before.requests(),
        after.failedRequests() - before.failedRequests());
  }

  /** Each is cut twice; of every other one a part is its neighbour's by now. */
  @Test
  void eachShardRefusesOnceAndSaysWhereItsKeysAre() {
    try (ShardLab lab = lab(1, 61)) {
      for (int shard = 0; shard < SHARDS; shard++) {
        long right = split(lab, lab.shardId(shard), ShardClerk.key(2 * SHARDS + shard));
        split(lab, lab.shardId(shard), ShardClerk.key(SHARDS + shard));
        if (shard % 2 == 1 && shard < SHARDS - 1) {
          OptionalLong neighbour = OptionalLong.of(lab.shardId(shard + 1));
          await(lab, lab.admin().mergeShard(right, neighbour, false));
        }
      }
      ClientStats cost = costOfReadingAll(lab);
      assertThat(cost.failedRequests()).isEqualTo(SHARDS);
      assertThat(costOfReadingAll(lab).failedRequests()).as("it has learned").isZero();
      lab.check();
    }
  }

  /** Where none of a shard's nodes is left each may be asked, while placement tells of all. */
  @Test
  void whatIsElsewhereAltogetherPlacementTellsInOneAnswer() {
    try (ShardLab lab = lab(2, 62)) {
      lab.join(1);
      lab.leave(0);
      lab.mend();
      ClientStats cost = costOfReadingAll(lab);
      assertThat(cost.failedRequests()).isBetween((long) SHARDS, 5L * SHARDS);
      assertThat(costOfReadingAll(lab).failedRequests()).as("it has learned").isZero();
      lab.check();
    }
  }
}
