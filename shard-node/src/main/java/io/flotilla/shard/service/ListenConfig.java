package io.flotilla.shard.service;

import java.time.Duration;
import java.util.Optional;

/**
 * @param host address to bind
 * @param port 0 for any free one
 * @param advertised host:port under which others reach this node; empty: what is bound
 * @param networkThreads event loops
 * @param firstRegistration how long a node without an id waits for placement to hand one out
 */
public record ListenConfig(
    String host,
    int port,
    Optional<String> advertised,
    int networkThreads,
    Duration firstRegistration) {
  public ListenConfig {
    require(!host.isBlank(), "listen.host", host, "an address of this machine");
    require(port >= 0 && port <= 65_535, "listen.port", port, "0 to 65535");
    require(
        networkThreads >= 1 && networkThreads <= 256,
        "listen.network-threads",
        networkThreads,
        "1 to 256");
    require(
        !firstRegistration.isNegative() && !firstRegistration.isZero(),
        "listen.first-registration",
        firstRegistration,
        "more than nothing");
  }

  /** Two event loops; a minute for the first registration. */
  public static ListenConfig on(String host, int port) {
    return new ListenConfig(host, port, Optional.empty(), 2, Duration.ofSeconds(60));
  }

  public ListenConfig withAdvertised(String address) {
    return new ListenConfig(host, port, Optional.of(address), networkThreads, firstRegistration);
  }

  public ListenConfig withFirstRegistration(Duration timeout) {
    return new ListenConfig(host, port, advertised, networkThreads, timeout);
  }

  private static void require(boolean holds, String name, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed: " + allowed);
    }
  }
}
