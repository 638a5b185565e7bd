package io.flotilla.placement.plan;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;

/**
 * What the shards of the map take to describe, about. All of the map travels as one message, and a
 * status takes about three times as much: so there is a bound, and no shard is split beyond it.
 *
 * @param takenBytes by the shards that there are
 * @param eachBytes of one more, like those
 */
public record MapRoom(long takenBytes, long eachBytes) {
  /** Enough for 60,000 shards of three replicas. */
  public static final int BYTES_MAX = 4 << 20;

  private static final int SHARD_BYTES = 32;
  private static final int REPLICA_BYTES = 10;

  /** Looks at each shard once. */
  public static MapRoom in(ClusterView view) {
    long taken = 0;
    for (Revised<Shard> shard : view.shards().values()) {
      taken += bytes(shard.value());
    }
    return new MapRoom(taken, taken / Math.max(1, view.shards().size()));
  }

  private static long bytes(Shard shard) {
    return SHARD_BYTES
        + shard.range().start().length()
        + shard.range().end().length()
        + (long) REPLICA_BYTES * shard.replicas().size();
  }

  public boolean isFor(long shards) {
    return takenBytes + eachBytes * shards <= BYTES_MAX;
  }

  /** What to say of so many more that are too many. */
  public String refusal(long shards) {
    return String.format(
        "the shards take %d bytes to describe, and %d more would take about %d; allowed: %d in all",
        takenBytes, shards, eachBytes * shards, BYTES_MAX);
  }
}
