package io.flotilla.raft.port;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.ReplicaId;

/** A message with all that a shared connection needs to deliver it. */
public record RaftParcel(
    NodeId fromNode,
    NodeId toNode,
    GroupId group,
    ReplicaId from,
    ReplicaId to,
    RaftMessage message) {
  private static final int OVERHEAD_BYTES = 100;

  /** About what it takes of memory, in bytes. */
  public long weight() {
    long bytes = OVERHEAD_BYTES;
    if (message instanceof RaftMessage.AppendRequest append) {
      for (Entry entry : append.entries()) {
        bytes += entry.weight();
      }
    }
    return bytes;
  }
}
