package io.flotilla.router.client;

import java.time.Duration;
import java.util.Optional;

/**
 * How to read.
 *
 * @param maxStaleness with {@link ReadLevel#STALE}: no older state is shown, down to a millisecond;
 *     nothing: whatever its age
 */
public record ReadOptions(ReadLevel level, Optional<Duration> maxStaleness) {
  private static final Duration STALENESS_MIN = Duration.ofMillis(1);
  private static final Duration STALENESS_MAX = Duration.ofDays(365);

  public static final ReadOptions LINEARIZABLE = of(ReadLevel.LINEARIZABLE);
  public static final ReadOptions FOLLOWER = of(ReadLevel.FOLLOWER);
  public static final ReadOptions SESSION = of(ReadLevel.SESSION);
  public static final ReadOptions STALE = of(ReadLevel.STALE);

  public ReadOptions {
    maxStaleness.ifPresent(
        bound -> {
          ClientConfig.require(
              level == ReadLevel.STALE, "read-level with a max-staleness", level, "STALE");
          ClientConfig.require(
              bound.compareTo(STALENESS_MIN) >= 0 && bound.compareTo(STALENESS_MAX) <= 0,
              "max-staleness",
              bound,
              "1 ms to 365 days");
        });
  }

  public static ReadOptions of(ReadLevel level) {
    return new ReadOptions(level, Optional.empty());
  }

  /** Stale, but not older than this. */
  public static ReadOptions staleWithin(Duration bound) {
    return new ReadOptions(ReadLevel.STALE, Optional.of(bound));
  }

  /** Whether replicas that do not lead may be asked. */
  boolean ofAnyReplica() {
    return level != ReadLevel.LINEARIZABLE;
  }

  /** As it stands on the wire; 0: no bound. */
  long maxStalenessMillis() {
    return maxStaleness.map(Duration::toMillis).orElse(0L);
  }

  /** The token that goes with a request to this shard; 0: none. */
  long minApplied(SessionTokens tokens, long shard) {
    return level == ReadLevel.SESSION ? tokens.of(shard) : 0;
  }

  @Override
  public String toString() {
    return level + maxStaleness.map(bound -> " within " + bound).orElse("");
  }
}
