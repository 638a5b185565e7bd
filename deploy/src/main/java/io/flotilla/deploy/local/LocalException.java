package io.flotilla.deploy.local;

import io.flotilla.router.cli.ExitCodes;

/**
 * Something about a local cluster that the person at the terminal can mend; the message says what.
 */
public final class LocalException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  LocalException(String message) {
    this(message, ExitCodes.FAILED);
  }

  private LocalException(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  /** An option that has a value it cannot have. */
  static LocalException usage(String message) {
    return new LocalException(message, ExitCodes.USAGE);
  }

  int exitCode() {
    return exitCode;
  }
}
