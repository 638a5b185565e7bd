package io.flotilla.raft.core;

/** The place of an entry: equal index and term mean equal entries and equal prefixes (§5.3). */
public record Position(long index, long term) {
  /** Before the first entry. */
  public static final Position ZERO = new Position(0, 0);

  /**
   * Whether a log that ends here may lead one that ends there (§5.4.1): last term first, then
   * length.
   */
  public boolean isAtLeastAsUpToDateAs(Position other) {
    return term != other.term ? term > other.term : index >= other.index;
  }

  @Override
  public String toString() {
    return index + "@" + term;
  }
}
