package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.core.ReplicaId;

/** Two listeners as one. */
record ListenerPair(RaftListener first, RaftListener second) implements RaftListener {
  @Override
  public void happened(GroupId group, ReplicaId self, RaftEvent event) {
    first.happened(group, self, event);
    second.happened(group, self, event);
  }

  @Override
  public void appended(int groups, int entries) {
    first.appended(groups, entries);
    second.appended(groups, entries);
  }

  @Override
  public void applied(int groups, int entries, int acknowledged) {
    first.applied(groups, entries, acknowledged);
    second.applied(groups, entries, acknowledged);
  }

  @Override
  public void refused() {
    first.refused();
    second.refused();
  }

  @Override
  public void dropped(int parcels) {
    first.dropped(parcels);
    second.dropped(parcels);
  }

  @Override
  public void cut(GroupId group, long upTo) {
    first.cut(group, upTo);
    second.cut(group, upTo);
  }

  @Override
  public void imaged(GroupId group, long index) {
    first.imaged(group, index);
    second.imaged(group, index);
  }

  @Override
  public void restored(GroupId group, long index) {
    first.restored(group, index);
    second.restored(group, index);
  }

  @Override
  public void stopped(GroupId group, ReplicaId self, Throwable cause) {
    first.stopped(group, self, cause);
    second.stopped(group, self, cause);
  }
}
