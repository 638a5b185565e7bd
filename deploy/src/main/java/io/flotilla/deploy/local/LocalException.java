package io.flotilla.deploy.local;

/**
 * Something about a local cluster that the person at the terminal can mend; the message says what.
 */
public final class LocalException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  LocalException(String message) {
    super(message);
  }
}
