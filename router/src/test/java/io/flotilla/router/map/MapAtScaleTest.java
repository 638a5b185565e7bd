package io.flotilla.router.map;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.MapUpdate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What ten thousand shards cost who has them in its map. Figures are printed. */
class MapAtScaleTest {
  private static final int SHARDS = 10_000;
  private static final int LOOKUPS = 10_000;
  private static final int TIMES = 15;

  /** Of the best of some times; what else the machine does costs no test its verdict. */
  private static final double MILLIS_MAX = 100;

  private double bestMillis = Double.MAX_VALUE;

  private static ByteString key(int number) {
    return ByteString.copyFrom(
        new byte[] {0, 0, 0, 1, (byte) (number >> 16), (byte) (number >> 8), (byte) number});
  }

  private static Shard shard(long id, int from, int to, long version) {
    Shard.Builder shard =
        Shard.newBuilder()
            .setId(id)
            .setStart(key(from))
            .setEnd(key(to))
            .setEpoch(Epoch.newBuilder().setVersion(version).setConfVersion(1));
    for (int replica = 0; replica < 3; replica++) {
      shard.addReplicas(
          Replica.newBuilder().setNode((id + replica) % 100 + 1).setReplica(id * 3 + replica));
    }
    return shard.build();
  }

  /** Shards of so many keys, which is a power of two. */
  private static MapUpdate complete(long revision, int width, long version) {
    List<Shard> shards = new ArrayList<>();
    for (int i = 0; i < SHARDS; i += width) {
      shards.add(shard(1 + i, i, i + width, version));
    }
    return MapUpdate.newBuilder()
        .setRevision(revision)
        .setComplete(true)
        .addAllShards(shards)
        .build();
  }

  private <T> T timed(String what, Supplier<T> work) {
    T made = work.get();
    bestMillis = Double.MAX_VALUE;
    for (int i = 0; i < TIMES; i++) {
      long begun = System.nanoTime();
      made = work.get();
      bestMillis = Math.min(bestMillis, (System.nanoTime() - begun) / 1e6);
    }
    System.out.printf(Locale.ROOT, "10,000 shards in a router: %s %.3f ms%n", what, bestMillis);
    assertThat(bestMillis).as(what).isLessThan(MILLIS_MAX);
    return made;
  }

  @Test
  void whatTheyCost() {
    MapUpdate all = complete(5, 1, 1);
    ShardMap map = timed("the complete map", () -> ShardMap.EMPTY.updatedBy(all));
    assertThat(map.routes()).hasSize(SHARDS);

    List<Shard> split = List.of(shard(1, 0, 0, 2), shard(SHARDS + 1, 0, 1, 2));
    ShardMap taught = timed("a split that a node tells of", () -> map.taught(split));
    assertThat(taught.routeOf(key(0)).id()).isEqualTo(SHARDS + 1);

    Random random = new Random(1);
    long found =
        timed(
            LOOKUPS + " keys looked up",
            () -> {
              long sum = 0;
              for (int i = 0; i < LOOKUPS; i++) {
                sum += map.routeOf(key(random.nextInt(SHARDS))).id();
              }
              return sum;
            });
    assertThat(found).isPositive();
  }

  /** A map that is so old that placement cannot say what is no more. */
  @Test
  void whenAllOfThemWereMergedMeanwhile() {
    ShardMap old = ShardMap.EMPTY.updatedBy(complete(5, 1, 1));
    MapUpdate merged = complete(9_999, 2, 3);
    ShardMap now = timed("the complete map after 5,000 merges", () -> old.updatedBy(merged));
    assertThat(now.routes()).hasSize(SHARDS / 2);
  }

  /** A map that is ahead of placement's. */
  @Test
  void whenNodesHaveToldOfAllSplitsAndPlacementOfNone() {
    ShardMap ahead = ShardMap.EMPTY.updatedBy(complete(5, 1, 3));
    MapUpdate before = complete(6, 2, 1);
    ShardMap now =
        timed("a complete map that is 5,000 splits behind", () -> ahead.updatedBy(before));
    assertThat(now.routes()).hasSize(SHARDS);
  }
}
