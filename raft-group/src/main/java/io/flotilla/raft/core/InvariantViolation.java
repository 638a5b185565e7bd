package io.flotilla.raft.core;

/**
 * Something that cannot be has happened: a bug here or in a peer, or a disk that lied. Nothing the
 * replica says from now on can be trusted, so whoever hosts it stops it; silence beats a wrong
 * answer.
 */
public final class InvariantViolation extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InvariantViolation(String message) {
    super(message);
  }

  /** {@code broken} is formatted with both numbers, and only if the invariant does not hold. */
  static void check(boolean holds, String broken, long first, long second) {
    if (!holds) {
      throw new InvariantViolation(String.format(broken, first, second));
    }
  }
}
