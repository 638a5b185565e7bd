package io.flotilla.router.client;

import java.util.Optional;

/**
 * What a node counts or times.
 *
 * @param value of a counter: how often; of a gauge: now; of a distribution: how many were recorded
 */
public record NodeMetric(String name, double value, Optional<Distribution> distribution) {
  /** Of what was recorded lately; durations in microseconds. */
  public record Distribution(double mean, double median, double p99, double max) {}
}
