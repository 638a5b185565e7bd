package io.flotilla.rpc;

/**
 * Bounds of an {@link RpcClient}. Beyond them a call fails with {@link ErrorCode#OVERLOADED}.
 *
 * @param connectionsPerAddress calls are spread over them
 * @param callsMax unanswered calls of one connection
 * @param unsentBytesMax requests of one connection that wait to be written
 */
public record ClientLimits(
    int connectionsPerAddress, int callsMax, long unsentBytesMax, LinkLimits link) {
  public static final ClientLimits DEFAULT =
      new ClientLimits(1, 65_536, 64L * 1024 * 1024, LinkLimits.DEFAULT);

  public ClientLimits {
    Limit.atLeast(1, "connections-per-address", connectionsPerAddress);
    Limit.atLeast(1, "calls-max", callsMax);
    Limit.atLeast(1, "unsent-bytes-max", unsentBytesMax);
  }
}
