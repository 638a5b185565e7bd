package io.flotilla.rpc;

/**
 * Bounds of an {@link RpcServer}.
 *
 * @param connectionsMax further ones are told so and closed
 * @param handshakeMillis a connection that has not said by then who it is, is closed
 * @param callsMax unanswered requests of one connection; beyond it nothing more is read from it
 * @param callBytesMax the same in bytes of requests
 * @param answerBytesMax answers of one connection that wait to be written; beyond it the connection
 *     is closed, because its peer does not read
 * @param allAnswersBytesMax the same of all connections together; beyond it the one that holds the
 *     most is closed
 * @param silentMillis a connection on which nothing comes for so long is closed; callers ask for a
 *     sign of life far more often
 */
public record ServerLimits(
    int connectionsMax,
    int handshakeMillis,
    int callsMax,
    long callBytesMax,
    long answerBytesMax,
    long allAnswersBytesMax,
    int silentMillis) {
  private static final long MIB = 1024 * 1024;

  /** What waits may take a quarter of the heap. */
  private static final long ALL_ANSWERS_BYTES =
      Math.max(64 * MIB, Runtime.getRuntime().maxMemory() / 4);

  public static final ServerLimits DEFAULT =
      new ServerLimits(
          10_000, 5000, 16_384, 64 * MIB, ALL_ANSWERS_BYTES / 2, ALL_ANSWERS_BYTES, 60_000);

  public ServerLimits {
    Limit.atLeast(1, "connections-max", connectionsMax);
    Limit.atLeast(1, "handshake-millis", handshakeMillis);
    Limit.atLeast(1, "calls-max", callsMax);
    Limit.atLeast(1, "call-bytes-max", callBytesMax);
    Limit.atLeast(1, "answer-bytes-max", answerBytesMax);
    Limit.atLeast(answerBytesMax, "all-answers-bytes-max", allAnswersBytesMax);
    Limit.atLeast(100, "silent-millis", silentMillis);
  }
}
