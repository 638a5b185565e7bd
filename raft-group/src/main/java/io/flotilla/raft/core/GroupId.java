package io.flotilla.raft.core;

/** A Raft group; equal to the id of the shard that it replicates. Group 0 is placement's own. */
public record GroupId(long value) implements Comparable<GroupId> {
  @Override
  public int compareTo(GroupId other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toUnsignedString(value);
  }
}
