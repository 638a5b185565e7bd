package io.flotilla.raft.port;

/**
 * The log does not hold what was asked for. That need not be damage: entries may have been replaced
 * or cut since the caller last knew of them. Only who still counts on them knows that something is
 * lost.
 */
public final class MissingEntriesException extends UnreadableLogException {
  private static final long serialVersionUID = 1L;

  public MissingEntriesException(String message) {
    super(message);
  }
}
