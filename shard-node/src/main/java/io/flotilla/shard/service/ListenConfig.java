package io.flotilla.shard.service;

import io.flotilla.rpc.Address;
import java.time.Duration;
import java.util.Optional;

/**
 * @param host address to bind
 * @param port 0 for any free one
 * @param advertised host:port under which others reach this node; empty: what is bound, which then
 *     must be one address
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
    advertised.ifPresent(
        address ->
            require(
                Address.is(address) && !isWildcard(Address.of(address).host()),
                "advertise.address",
                address,
                "a host:port that others reach this node by"));
    require(
        advertised.isPresent() || !isWildcard(host),
        "advertise.address",
        "not given, and listen.host is " + host,
        "a host:port that others reach this node by, unless listen.host is one");
    require(
        networkThreads >= 1 && networkThreads <= 256, "networkThreads", networkThreads, "1 to 256");
    require(
        !firstRegistration.isNegative() && !firstRegistration.isZero(),
        "firstRegistration",
        firstRegistration,
        "more than nothing");
  }

  /** As many event loops as Raft loops by default; a minute for the first registration. */
  public static ListenConfig on(String host, int port) {
    return on(host, port, Optional.empty());
  }

  /** The same, reached by others under another address. */
  public static ListenConfig on(String host, int port, Optional<String> advertised) {
    int loops = RaftConfig.loopsFor(Runtime.getRuntime().availableProcessors());
    return new ListenConfig(host, port, advertised, loops, Duration.ofSeconds(60));
  }

  /** All addresses of a machine, which says nothing to another one: 0.0.0.0, ::, [::]. */
  private static boolean isWildcard(String host) {
    return host.chars().allMatch(c -> "0.:[]".indexOf(c) >= 0);
  }

  private static void require(boolean holds, String name, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed: " + allowed);
    }
  }
}
