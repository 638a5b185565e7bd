package io.flotilla.raft.runtime;

import static io.flotilla.raft.runtime.Allowed.require;

import java.time.Duration;

/**
 * How a node serves snapshots.
 *
 * @param sendsMax made or sent at once, counted by who asked for them; others are told to come back
 * @param keptMax kept at once, those being made included
 * @param lease how long one is kept that nobody asks for
 * @param silence who asks for nothing for so long makes room for others, though the snapshot stays
 * @param retryMillis when those are to come back who have to wait
 * @param requestsMax requests that wait to be served; more are told to come back
 */
public record SnapshotSendConfig(
    int sendsMax, int keptMax, Duration lease, Duration silence, int retryMillis, int requestsMax) {
  /** Two at once, one minute. */
  public static final SnapshotSendConfig DEFAULT =
      new SnapshotSendConfig(2, 4, Duration.ofMinutes(1), Duration.ofSeconds(15), 100, 256);

  public SnapshotSendConfig {
    require(sendsMax >= 1, "sendsMax", sendsMax, "at least 1");
    require(keptMax >= sendsMax, "keptMax", keptMax, "sendsMax or more");
    require(!lease.isNegative() && !lease.isZero(), "lease", lease, "above 0");
    require(lease.compareTo(silence) >= 0, "silence", silence, "not above lease");
    require(retryMillis >= 1, "retryMillis", retryMillis, "at least 1");
    require(requestsMax >= 1, "requestsMax", requestsMax, "at least 1");
  }
}
