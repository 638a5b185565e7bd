package io.flotilla.raft.port;

/** The log is not what was written. The replica must take no part any more. */
public final class DamagedLogException extends UnreadableLogException {
  private static final long serialVersionUID = 1L;

  public DamagedLogException(String message) {
    super(message);
  }

  public DamagedLogException(String message, Throwable cause) {
    super(message, cause);
  }
}
