package io.flotilla.deploy.demo;

import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * What a phase of the tour did: counts, bytes, latencies, and the longest time in which nothing
 * succeeded.
 */
final class Meter {
  private static final long HIGHEST_MICROS = 120_000_000;

  private final Histogram latencyMicros = new ConcurrentHistogram(1, HIGHEST_MICROS, 3);
  private final LongAdder done = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAccumulator longestGapNanos = new LongAccumulator(Math::max, 0);
  private final LongAccumulator lastNanos;
  private final long startedNanos;

  Meter(long nowNanos) {
    startedNanos = nowNanos;
    lastNanos = new LongAccumulator(Math::max, nowNanos);
  }

  void succeeded(long startNanos, long endNanos, long size) {
    latencyMicros.recordValue(
        Math.min(HIGHEST_MICROS, Math.max(1, (endNanos - startNanos) / 1000)));
    done.increment();
    bytes.add(size);
    longestGapNanos.accumulate(endNanos - lastNanos.get());
    lastNanos.accumulate(endNanos);
  }

  long done() {
    return done.sum();
  }

  long bytes() {
    return bytes.sum();
  }

  /** From the beginning to the last success. */
  double perSecond() {
    return done() / Math.max(1e-9, (lastNanos.get() - startedNanos) / 1e9);
  }

  double millisAt(double percentile) {
    return latencyMicros.getValueAtPercentile(percentile) / 1000.0;
  }

  double longestGapSeconds() {
    return longestGapNanos.get() / 1e9;
  }
}
