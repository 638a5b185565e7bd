package io.flotilla.raft.port;

/**
 * A process that holds replicas. Handed out by placement, and never reused; positive where it names
 * a {@linkplain io.flotilla.raft.core.Membership.Member member}, which sees to it.
 */
public record NodeId(long value) implements Comparable<NodeId> {
  @Override
  public int compareTo(NodeId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
