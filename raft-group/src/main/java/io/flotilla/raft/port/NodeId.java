package io.flotilla.raft.port;

/** A process that holds replicas. Positive; handed out by placement, and never reused. */
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
