package io.flotilla.raft.runtime;

/** What a configuration may say. */
final class Allowed {
  private Allowed() {}

  /**
   * @throws IllegalArgumentException unless it {@code holds}; it tells the value and what is
   *     allowed
   */
  static void require(boolean holds, String name, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed: " + allowed);
    }
  }
}
