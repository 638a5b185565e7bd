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
public final class Meter {
  private static final long LATENCY_MICROS_MAX = TimeUnit.MINUTES.toMicros(10);
  private static final int DIGITS = 3;

  private final ConcurrentHistogram reads = new ConcurrentHistogram(LATENCY_MICROS_MAX, DIGITS);
  private final ConcurrentHistogram writes = new ConcurrentHistogram(LATENCY_MICROS_MAX, DIGITS);
  private final Recorder interval = new Recorder(LATENCY_MICROS_MAX, DIGITS);
  private final ConcurrentMap<String, LongAdder> errors = new ConcurrentHashMap<>();
  private final long begunNanos;
  private final AtomicLong lastNanos;
  private final LongAccumulator longestGapNanos = new LongAccumulator(Math::max, 0);

  public Meter(long nowNanos) {
    this.begunNanos = nowNanos;
    this.lastNanos = new AtomicLong(nowNanos);
  }

  /**
   * Takes in an operation that succeeded.
   *
   * @param startNanos just before it was called
   */
  public void succeeded(boolean read, long startNanos, long nowNanos) {
    long micros = Math.min(LATENCY_MICROS_MAX, Math.max(0, (nowNanos - startNanos + 500) / 1_000));
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

  /** Operations that succeeded. */
  public long done() {
    return reads.getTotalCount() + writes.getTotalCount();
  }

  /** Those, from the beginning to the last of them. */
  public double perSecond() {
    return done() / Math.max(1e-9, (lastNanos.get() - begunNanos) / 1e9);
  }

  public LoadReport.Latency reads() {
    return LoadReport.Latency.of(reads.copy());
  }

  public LoadReport.Latency writes() {
    return LoadReport.Latency.of(writes.copy());
  }

  Map<String, Long> errors() {
    Map<String, Long> counts = new TreeMap<>();
    errors.forEach((code, count) -> counts.put(code, count.sum()));
    return counts;
  }

  /** The longest time in which nothing succeeded. */
  public long longestGapNanos() {
    return longestGapNanos.get();
  }
}
