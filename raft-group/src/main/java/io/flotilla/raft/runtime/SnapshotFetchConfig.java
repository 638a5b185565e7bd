package io.flotilla.raft.runtime;

import static io.flotilla.raft.runtime.Allowed.require;

import io.flotilla.raft.port.SnapshotRequest;
import java.time.Duration;

/**
 * How a node fetches snapshots.
 *
 * @param fetchesMax groups whose snapshots are fetched or installed at once; others wait
 * @param bytesPerSecond for all of them together
 * @param pieceBytes asked for at once
 * @param window pieces of one snapshot that are under way
 * @param answerTime after which a question counts as lost
 * @param backoff before trying again after failures
 * @param snapshotBytesMax larger ones are refused
 */
public record SnapshotFetchConfig(
    int fetchesMax,
    long bytesPerSecond,
    int pieceBytes,
    int window,
    Duration answerTime,
    Backoff backoff,
    long snapshotBytesMax) {
  /** Two at once, 100 MB/s. */
  public static final SnapshotFetchConfig DEFAULT =
      new SnapshotFetchConfig(
          2, 100_000_000, 1 << 18, 8, Duration.ofSeconds(15), Backoff.DEFAULT, 1L << 40);

  /**
   * @param min before the first retry, give or take half
   * @param max up to which each further failure doubles it
   * @param attemptsMax failures without any progress between them, and times that a snapshot is
   *     begun anew, before it is given up: whoever leads the group offers another
   */
  public record Backoff(Duration min, Duration max, int attemptsMax) {
    public static final Backoff DEFAULT =
        new Backoff(Duration.ofMillis(200), Duration.ofSeconds(8), 8);

    public Backoff {
      require(min.toNanos() > 0, "backoff.min", min, "above 0");
      require(max.compareTo(min) >= 0, "backoff.max", max, "backoff.min or more");
      require(attemptsMax >= 1, "backoff.attemptsMax", attemptsMax, "at least 1");
    }

    /**
     * @param failures 1 for the first one
     * @param chance from 0 to 1
     */
    long nanos(int failures, double chance) {
      long doubled = min.toNanos() << Math.min(failures - 1, 20);
      return (long) (Math.min(doubled, max.toNanos()) * (0.5 + chance));
    }
  }

  public SnapshotFetchConfig {
    require(fetchesMax >= 1, "fetchesMax", fetchesMax, "at least 1");
    require(bytesPerSecond >= 1, "bytesPerSecond", bytesPerSecond, "at least 1");
    require(
        pieceBytes >= 1 && pieceBytes <= SnapshotRequest.Read.BYTES_MAX,
        "pieceBytes",
        pieceBytes,
        "1 to 1 MiB");
    require(window >= 1 && window <= 64, "window", window, "1 to 64");
    require(answerTime.toMillis() >= 1, "answerTime", answerTime, "at least 1 ms");
    require(snapshotBytesMax >= 1, "snapshotBytesMax", snapshotBytesMax, "at least 1");
  }
}
