package io.flotilla.raft.core;

/** One member of one group. Positive, and never reused, also not after the replica was removed. */
public record ReplicaId(long value) implements Comparable<ReplicaId> {
  public ReplicaId {
    if (value <= 0) {
      throw new IllegalArgumentException("replica id must be positive, not " + value);
    }
  }

  @Override
  public int compareTo(ReplicaId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
