package io.flotilla.router.gateway;

import io.flotilla.router.client.LimitsConfig;

/**
 * Where a gateway listens and what it serves.
 *
 * @param host address to bind
 * @param port 0: any free one, see {@link RedisGateway#port}
 * @param keyspace the keyspace that clients see; should be a hash keyspace
 * @param threads event loops
 * @param client the client's bounds, for what has to be known before a command is begun
 */
public record GatewayConfig(
    String host,
    int port,
    String keyspace,
    int threads,
    GatewayLimits limits,
    LimitsConfig client) {
  /** The keyspace that every cluster has for this purpose. */
  public static final String KEYSPACE = "redis";

  public GatewayConfig {
    require(!host.isBlank(), "redis.host", host, "a host name or address");
    require(port >= 0 && port <= 65_535, "redis.port", port, "0 to 65535");
    require(!keyspace.isBlank(), "redis.keyspace", keyspace, "the name of a keyspace");
    require(threads >= 1 && threads <= 64, "redis.threads", threads, "1 to 64");
  }

  /** Defaults for everything but the address. */
  public static GatewayConfig of(String host, int port) {
    return new GatewayConfig(host, port, KEYSPACE, 2, GatewayLimits.DEFAULT, LimitsConfig.DEFAULT);
  }

  public GatewayConfig withKeyspace(String name) {
    return new GatewayConfig(host, port, name, threads, limits, client);
  }

  public GatewayConfig withThreads(int count) {
    return new GatewayConfig(host, port, keyspace, count, limits, client);
  }

  public GatewayConfig withLimits(GatewayLimits bounds) {
    return new GatewayConfig(host, port, keyspace, threads, bounds, client);
  }

  public GatewayConfig withClient(LimitsConfig bounds) {
    return new GatewayConfig(host, port, keyspace, threads, limits, bounds);
  }

  static void require(boolean holds, String key, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(key + " is " + value + "; allowed: " + allowed);
    }
  }
}
