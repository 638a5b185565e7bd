package io.flotilla.router.cli;

/** What every command of the tool returns. */
public final class ExitCodes {
  public static final int OK = 0;

  /** It was tried and failed, or a condition was not met. */
  public static final int FAILED = 1;

  /** The command line was wrong; nothing was tried. */
  public static final int USAGE = 2;

  /** The cluster serves, but something is missing. */
  public static final int DEGRADED = 3;

  /** Nobody answered in time, or what was asked for cannot be served now. May work later. */
  public static final int UNAVAILABLE = 4;

  /** The key, or what was named, does not exist. */
  public static final int NOT_FOUND = 5;

  private ExitCodes() {}
}
