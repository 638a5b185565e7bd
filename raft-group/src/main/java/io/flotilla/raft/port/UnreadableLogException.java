package io.flotilla.raft.port;

/**
 * The log of one group does not hold what was asked for, or not as it was written, while those of
 * others may well be whole. At most the replica stops; the node goes on. Not a {@link
 * StorageException}, which ends it.
 */
public abstract sealed class UnreadableLogException extends Exception
    permits DamagedLogException, MissingEntriesException {
  private static final long serialVersionUID = 1L;

  UnreadableLogException(String message) {
    super(message);
  }

  UnreadableLogException(String message, Throwable cause) {
    super(message, cause);
  }
}
