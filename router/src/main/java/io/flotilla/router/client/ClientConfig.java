package io.flotilla.router.client;

import io.flotilla.rpc.Address;
import io.flotilla.rpc.Hello;
import java.time.Duration;
import java.util.List;

/**
 * How a client finds its cluster and how long it tries.
 *
 * @param placement addresses ({@code host:port}) of placement members; one is enough, more are
 *     safer
 * @param cluster id of the cluster, which its processes check; empty: whichever answers there
 * @param callTimeout deadline of a call with all its retries; {@link KvClient#withTimeout} changes
 *     it
 * @param attemptTimeout how long one node may be silent before another is asked
 * @param threads event loops of the client, unless it shares those of its process
 */
public record ClientConfig(
    List<String> placement,
    String cluster,
    Duration callTimeout,
    Duration attemptTimeout,
    int threads,
    RetryConfig retry,
    LimitsConfig limits) {
  public ClientConfig {
    placement = List.copyOf(placement);
    require(!placement.isEmpty(), "placement", placement, "at least one host:port");
    for (String address : placement) {
      require(Address.is(address), "placement", address, "host:port");
    }
    require(
        cluster.isEmpty() || Hello.isClusterId(cluster),
        "cluster",
        cluster,
        "up to 64 of A-Z a-z 0-9 _ -, or nothing");
    require(isPositive(callTimeout), "call-timeout", callTimeout, "more than nothing");
    require(isPositive(attemptTimeout), "attempt-timeout", attemptTimeout, "more than nothing");
    require(threads >= 1 && threads <= 64, "threads", threads, "1 to 64");
  }

  /** Defaults for everything but the addresses. */
  public static ClientConfig of(List<String> placement) {
    return new ClientConfig(
        placement,
        "",
        Duration.ofSeconds(10),
        Duration.ofSeconds(2),
        2,
        RetryConfig.DEFAULT,
        LimitsConfig.DEFAULT);
  }

  public static ClientConfig of(List<String> placement, String cluster) {
    return of(placement).withCluster(cluster);
  }

  public ClientConfig withCluster(String id) {
    return new ClientConfig(placement, id, callTimeout, attemptTimeout, threads, retry, limits);
  }

  public ClientConfig withCallTimeout(Duration timeout) {
    return new ClientConfig(placement, cluster, timeout, attemptTimeout, threads, retry, limits);
  }

  public ClientConfig withAttemptTimeout(Duration timeout) {
    return new ClientConfig(placement, cluster, callTimeout, timeout, threads, retry, limits);
  }

  public ClientConfig withThreads(int count) {
    return new ClientConfig(placement, cluster, callTimeout, attemptTimeout, count, retry, limits);
  }

  public ClientConfig withLimits(LimitsConfig config) {
    return new ClientConfig(
        placement, cluster, callTimeout, attemptTimeout, threads, retry, config);
  }

  static void require(boolean holds, String key, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(key + " is " + value + "; allowed: " + allowed);
    }
  }

  private static boolean isPositive(Duration duration) {
    return !duration.isNegative() && !duration.isZero();
  }
}
