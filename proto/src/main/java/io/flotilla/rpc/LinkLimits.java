package io.flotilla.rpc;

/**
 * How a connection is dialled and kept.
 *
 * @param connectMillis for TCP's handshake
 * @param handshakeMillis for ours, after it
 * @param backoffMinMillis no attempt sooner than this after a first failure, give or take half
 * @param backoffMaxMillis up to which each further failure doubles it
 * @param keepaliveMillis how often the other side is asked for a sign of life; when nothing comes
 *     between two questions, the connection is given up
 */
public record LinkLimits(
    int connectMillis,
    int handshakeMillis,
    int backoffMinMillis,
    int backoffMaxMillis,
    int keepaliveMillis) {
  public static final LinkLimits DEFAULT = new LinkLimits(2000, 5000, 50, 2000, 10_000);

  public LinkLimits {
    Limit.atLeast(1, "connect-millis", connectMillis);
    Limit.atLeast(1, "handshake-millis", handshakeMillis);
    Limit.atLeast(1, "backoff-min-millis", backoffMinMillis);
    Limit.atLeast(backoffMinMillis, "backoff-max-millis", backoffMaxMillis);
    Limit.atLeast(100, "keepalive-millis", keepaliveMillis);
  }
}
