package io.flotilla.raft.sim;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.RaftListener;
import java.util.List;

/** Takes a node's events to the judges of its groups. */
record GroupEvents(List<SimGroup> groups, LogBounds bounds) implements RaftListener {
  @Override
  public void happened(GroupId group, ReplicaId self, RaftEvent event) {
    groups.get((int) group.value() - 1).happened(self, event);
  }

  @Override
  public void imaged(GroupId group, long index) {
    bounds.imaged(group);
  }
}
