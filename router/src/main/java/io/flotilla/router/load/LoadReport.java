package io.flotilla.router.load;

import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What came of a load.
 *
 * @param seconds of the measurement
 * @param operations that succeeded in it
 * @param operationsPerSecond of those
 * @param errors operations that failed, by code
 * @param longestGapMillis longest time in which none of all operations succeeded
 * @param cpuMicrosPerOperation of the whole process, which is the client's if it runs by itself
 * @param requests that the client sent for them, tries again included
 */
public record LoadReport(
    double seconds,
    long operations,
    double operationsPerSecond,
    Latency reads,
    Latency writes,
    Map<String, Long> errors,
    double longestGapMillis,
    double cpuMicrosPerOperation,
    long requests) {
  public LoadReport {
    errors = Map.copyOf(errors);
  }

  /** Times in milliseconds. */
  public record Latency(
      long count,
      double meanMillis,
      double p50Millis,
      double p90Millis,
      double p99Millis,
      double p999Millis,
      double maxMillis) {
    static Latency of(Histogram micros) {
      return new Latency(
          micros.getTotalCount(),
          micros.getTotalCount() == 0 ? 0 : rounded(micros.getMean()),
          millis(micros.getValueAtPercentile(50)),
          millis(micros.getValueAtPercentile(90)),
          millis(micros.getValueAtPercentile(99)),
          millis(micros.getValueAtPercentile(99.9)),
          millis(micros.getMaxValue()));
    }

    private static double millis(long micros) {
      return rounded((double) micros);
    }

    private static double rounded(double micros) {
      return Math.round(micros) / 1_000.0;
    }
  }
}
