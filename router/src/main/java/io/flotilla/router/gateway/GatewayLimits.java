package io.flotilla.router.gateway;

import java.time.Duration;

/**
 * What one client may cost. Times {@code connectionsMax} they bound the whole gateway, save for
 * replies, which have a bound for all clients together.
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
 * @param allRepliesBytesMax the same of all connections together: above half of it, a connection
 *     begins nothing beside what it has under way; above all of it, nothing
 * @param slowReaderTimeout a client whose replies do not fit its socket and that takes none of them
 *     for so long is closed; much sooner while others have to wait for the memory
 */
public record GatewayLimits(
    int connectionsMax,
    int argumentsMax,
    int argumentBytesMax,
    int commandBytesMax,
    int commandsMax,
    long replyBytesMax,
    long allRepliesBytesMax,
    Duration slowReaderTimeout) {
  private static final long REPLY_BYTES_MAX = 32L << 20;

  /** All replies together may take a quarter of the heap. */
  public static final GatewayLimits DEFAULT =
      new GatewayLimits(
          10_000,
          100_000,
          4 << 20,
          8 << 20,
          1024,
          REPLY_BYTES_MAX,
          Math.max(2 * REPLY_BYTES_MAX, Runtime.getRuntime().maxMemory() / 4),
          Duration.ofSeconds(60));

  public GatewayLimits {
    require(connectionsMax >= 1, "redis.connections-max", connectionsMax, "at least 1");
    require(argumentsMax >= 16, "argumentsMax", argumentsMax, "at least 16");
    require(argumentBytesMax >= 1024, "argumentBytesMax", argumentBytesMax, "at least 1024");
    require(
        commandBytesMax >= argumentBytesMax,
        "commandBytesMax",
        commandBytesMax,
        "at least argumentBytesMax");
    require(commandsMax >= 1, "commandsMax", commandsMax, "at least 1");
    require(replyBytesMax >= 64 << 10, "replyBytesMax", replyBytesMax, "at least 65536");
    require(
        allRepliesBytesMax >= 2 * replyBytesMax,
        "allRepliesBytesMax",
        allRepliesBytesMax,
        "at least twice replyBytesMax");
    require(
        !slowReaderTimeout.isNegative() && !slowReaderTimeout.isZero(),
        "slowReaderTimeout",
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
        allRepliesBytesMax,
        slowReaderTimeout);
  }

  /** The same, where a value of so many bytes is an ordinary argument. */
  public GatewayLimits forValuesUpTo(int valueBytesMax) {
    int argument = Math.max(argumentBytesMax, 2 * valueBytesMax);
    return new GatewayLimits(
        connectionsMax,
        argumentsMax,
        argument,
        Math.max(commandBytesMax, 2 * argument),
        commandsMax,
        replyBytesMax,
        allRepliesBytesMax,
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
        allRepliesBytesMax,
        slowReaderTimeout);
  }

  public GatewayLimits withAllRepliesBytesMax(long bytes) {
    return new GatewayLimits(
        connectionsMax,
        argumentsMax,
        argumentBytesMax,
        commandBytesMax,
        commandsMax,
        replyBytesMax,
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
        allRepliesBytesMax,
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
        allRepliesBytesMax,
        timeout);
  }

  private static void require(boolean holds, String key, Object value, String allowed) {
    GatewayConfig.require(holds, key, value, allowed);
  }
}
