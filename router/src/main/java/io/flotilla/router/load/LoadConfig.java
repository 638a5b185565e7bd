package io.flotilla.router.load;

import io.flotilla.router.client.ReadOptions;
import java.time.Duration;

/**
 * What to ask of a cluster.
 *
 * @param keys how many different ones; they lie evenly over the whole key space
 * @param keyBytes length of each, at least 8
 * @param valueBytes length of each value, at least 8
 * @param readShare of the operations, 0 to 1; the others are puts
 * @param reads how
 * @param zipfian whether some keys are asked for far more often than others, as in YCSB
 * @param concurrency callers, each with one operation under way
 * @param duration of the measurement, unless {@code operations} ends it before
 * @param operations of the measurement; 0: as many as there is time for
 * @param warmup before the measurement
 * @param prepare whether every key is written once before
 */
public record LoadConfig(
    String keyspace,
    long keys,
    int keyBytes,
    int valueBytes,
    double readShare,
    ReadOptions reads,
    boolean zipfian,
    int concurrency,
    Duration duration,
    long operations,
    Duration warmup,
    boolean prepare) {
  private static final int BYTES_MIN = Long.BYTES;

  public LoadConfig {
    require(keys >= 1 && keys <= 1L << 32, "keys", keys, "1 to 4294967296");
    require(
        keyBytes >= BYTES_MIN && keyBytes <= 4096, "key-size", keyBytes, BYTES_MIN + " to 4096");
    require(
        valueBytes >= BYTES_MIN && valueBytes <= 1 << 20,
        "value-size",
        valueBytes,
        BYTES_MIN + " to 1048576");
    require(readShare >= 0 && readShare <= 1, "read-share", readShare, "0 to 1");
    require(concurrency >= 1 && concurrency <= 65_536, "concurrency", concurrency, "1 to 65536");
    require(operations >= 0, "operations", operations, "0 or more");
    require(
        operations > 0 || (!duration.isZero() && !duration.isNegative()),
        "duration",
        duration,
        "more than nothing");
    require(!warmup.isNegative(), "warmup", warmup, "nothing or more");
  }

  private static void require(boolean holds, String key, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(key + " is " + value + "; allowed: " + allowed);
    }
  }
}
