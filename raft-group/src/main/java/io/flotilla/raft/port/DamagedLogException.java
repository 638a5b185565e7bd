package io.flotilla.raft.port;

/**
 * The log of one group is not what was written, while those of others may well be. The replica must
 * take no part any more; the node may go on.
 */
public final class DamagedLogException extends StorageException {
  private static final long serialVersionUID = 1L;

  public DamagedLogException(String message) {
    super(message);
  }

  public DamagedLogException(String message, Throwable cause) {
    super(message, cause);
  }
}
