package io.flotilla.placement.store;

/**
 * What became of a command. Numbers are those of the errors that callers get, and stand in {@code
 * PlacementResult.error_code}.
 */
public enum Outcome {
  DONE(0),
  /** What the decision was made from has changed; decide again. */
  STALE(2),
  /** It could never be done. */
  INVALID(7),
  /** The cluster is not what the command says. */
  CONFLICT(8),
  /** What the command names does not exist. */
  NOT_FOUND(13),
  /** Whoever the command is about was removed for good. */
  REMOVED(14);

  private final int number;

  Outcome(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }
}
