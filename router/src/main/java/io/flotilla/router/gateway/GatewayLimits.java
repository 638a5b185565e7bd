package io.flotilla.router.gateway;

import java.time.Duration;

/**
 * What one client may cost. Times {@code connectionsMax} they bound the whole gateway.
 *
 * @param connectionsMax clients at once; one more is told so and closed
 * @param argumentsMax arguments of one command; more is a protocol error
 * @param argumentBytesMax longest argument; a longer one is a protocol error. Above the store's
 *     limit on values, so that a value slightly too large is an ordinary error
 * @param commandBytesMax all arguments of one command; more is a protocol error
 * @param commandsMax commands of one connection that were read and not yet answered; above it, no
 *     more are read. One read from the socket (64 KiB) may go beyond
 * @param replyBytesMax replies of one connection that wait to be sent or are expected; above it, no
 *     more commands are begun, and a single reply cannot be larger
 * @param slowReaderTimeout a client whose replies do not fit its socket and that takes none of them
 *     for so long is closed
 */
public record GatewayLimits(
    int connectionsMax,
    int argumentsMax,
    int argumentBytesMax,
    int commandBytesMax,
    int commandsMax,
    long replyBytesMax,
    Duration slowReaderTimeout) {
  public static final GatewayLimits DEFAULT =
      new GatewayLimits(10_000, 100_000, 4 << 20, 8 << 20, 1024, 32L << 20, Duration.ofSeconds(60));

  public GatewayLimits {
    require(connectionsMax >= 1, "connections-max", connectionsMax, "at least 1");
    require(argumentsMax >= 16, "arguments-max", argumentsMax, "at least 16");
    require(argumentBytesMax >= 1024, "argument-bytes-max", argumentBytesMax, "at least 1024");
    require(
        commandBytesMax >= argumentBytesMax,
        "command-bytes-max",
        commandBytesMax,
        "at least argument-bytes-max");
    require(commandsMax >= 1, "commands-max", commandsMax, "at least 1");
    require(replyBytesMax >= 64 << 10, "reply-bytes-max", replyBytesMax, "at least 65536");
    require(
        !slowReaderTimeout.isNegative() && !slowReaderTimeout.isZero(),
        "slow-reader-timeout",
        slowReaderTimeout,
        "more than nothing");
  }

  public GatewayLimits withConnectionsMax(int connections) {
    return new GatewayLimits(
        connections,
        argumentsMax,
        argumentBytesMax,
        commandBytesMax,
        commandsMax,
        replyBytesMax,
        slowReaderTimeout);
  }

  public GatewayLimits withReplyBytesMax(long bytes) {
    return new GatewayLimits(
        connectionsMax,
        argumentsMax,
        argumentBytesMax,
        commandBytesMax,
        commandsMax,
        bytes,
        slowReaderTimeout);
  }

  public GatewayLimits withCommandsMax(int commands) {
    return new GatewayLimits(
        connectionsMax,
        argumentsMax,
        argumentBytesMax,
        commandBytesMax,
        commands,
        replyBytesMax,
        slowReaderTimeout);
  }

  public GatewayLimits withSlowReaderTimeout(Duration timeout) {
    return new GatewayLimits(
        connectionsMax,
        argumentsMax,
        argumentBytesMax,
        commandBytesMax,
        commandsMax,
        replyBytesMax,
        timeout);
  }

  private static void require(boolean holds, String key, Object value, String allowed) {
    GatewayConfig.require(holds, "gateway.limits." + key, value, allowed);
  }
}
