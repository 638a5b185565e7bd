package io.flotilla.router.load;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** Counts and times what ends, from any thread. */
final class Meter {
  private static final long LATENCY_MICROS_MAX = TimeUnit.MINUTES.toMicros(10);
  private static final int DIGITS = 3;

  private final ConcurrentHistogram reads = new ConcurrentHistogram(LATENCY_MICROS_MAX, DIGITS);
  private final ConcurrentHistogram writes = new ConcurrentHistogram(LATENCY_MICROS_MAX, DIGITS);
  private final Recorder interval = new Recorder(LATENCY_MICROS_MAX, DIGITS);
  private final ConcurrentMap<String, LongAdder> errors = new ConcurrentHashMap<>();
  private final AtomicLong lastNanos;
  private final LongAccumulator longestGapNanos = new LongAccumulator(Math::max, 0);

  Meter(long nowNanos) {
    this.lastNanos = new AtomicLong(nowNanos);
  }

  void succeeded(boolean read, long begunNanos, long nowNanos) {
    long micros = Math.min(LATENCY_MICROS_MAX, Math.max(0, (nowNanos - begunNanos + 500) / 1_000));
    (read ? reads : writes).recordValue(micros);
    interval.recordValue(micros);
    sign(nowNanos);
  }

  void failed(String code) {
    errors.computeIfAbsent(code, unseen -> new LongAdder()).increment();
  }

  /** The measurement ends: the time since the last success counts as a gap too. */
  void end(long nowNanos) {
    sign(nowNanos);
  }

  private void sign(long nowNanos) {
    longestGapNanos.accumulate(nowNanos - lastNanos.getAndAccumulate(nowNanos, Math::max));
  }

  /** What succeeded since this was last asked. */
  Histogram interval() {
    return interval.getIntervalHistogram();
  }

  Histogram reads() {
    return reads.copy();
  }

  Histogram writes() {
    return writes.copy();
  }

  Map<String, Long> errors() {
    Map<String, Long> counts = new TreeMap<>();
    errors.forEach((code, count) -> counts.put(code, count.sum()));
    return counts;
  }

  long longestGapNanos() {
    return longestGapNanos.get();
  }
}
