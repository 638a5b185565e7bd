package io.flotilla.router.client;

import java.time.Duration;

/**
 * How long a client waits before it tries a shard again.
 *
 * @param backoffMin upper end of the first wait; each further wait may be twice as long
 * @param backoffMax upper end of any wait. Waits are drawn evenly from zero to the upper end, so
 *     that clients that failed together do not come back together
 * @param budgetPerSecond tries again, per second and client, that wait only as long as drawn; those
 *     beyond wait {@code backoffMax}, so that a cluster in trouble is not asked more than a calm
 *     one
 */
public record RetryConfig(Duration backoffMin, Duration backoffMax, int budgetPerSecond) {
  public static final RetryConfig DEFAULT =
      new RetryConfig(Duration.ofMillis(10), Duration.ofMillis(500), 1_000);

  public RetryConfig {
    ClientConfig.require(
        backoffMin.toMillis() >= 1, "retry.backoff-min", backoffMin, "at least 1 ms");
    ClientConfig.require(
        backoffMax.compareTo(backoffMin) >= 0,
        "retry.backoff-max",
        backoffMax,
        "at least retry.backoff-min, which is " + backoffMin);
    ClientConfig.require(
        budgetPerSecond >= 1, "retry.budget-per-second", budgetPerSecond, "at least 1");
  }
}
