package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.DamagedLog;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is where in the database. Changed by the writer alone; weights may be read by any thread.
 */
final class LogIndex {
  private final Map<GroupId, GroupLog> logs = new ConcurrentHashMap<>();
  private final Map<GroupId, Debris> debris = new HashMap<>();
  private final Map<GroupId, ReplicaId> tombstones = new HashMap<>();
  private final Optional<ReplicaId> forgottenUpTo;

  LogIndex(Optional<ReplicaId> forgottenUpTo) {
    this.forgottenUpTo = forgottenUpTo;
  }

  @Nullable GroupLog log(GroupId group) {
    return logs.get(group);
  }

  void put(GroupLog log) {
    logs.put(log.group, log);
  }

  void remove(GroupId group) {
    logs.remove(group);
  }

  @Nullable Debris debris(GroupId group) {
    return debris.get(group);
  }

  void putDebris(GroupId group, Debris broken) {
    debris.put(group, broken);
  }

  void removeDebris(GroupId group) {
    debris.remove(group);
  }

  /** Whether that replica may not come back, alone or with all that the disk forgot. */
  boolean isGone(GroupId group, ReplicaId replica) {
    return isBuried(group, replica)
        || (forgottenUpTo.isPresent() && replica.compareTo(forgottenUpTo.get()) <= 0);
  }

  private boolean isBuried(GroupId group, ReplicaId replica) {
    ReplicaId upTo = tombstones.get(group);
    return upTo != null && replica.compareTo(upTo) <= 0;
  }

  /** Whether that says more than what was known. */
  boolean bury(GroupId group, ReplicaId upTo) {
    if (isBuried(group, upTo)) {
      return false;
    }
    tombstones.put(group, upTo);
    return true;
  }

  Map<GroupId, DamagedLog> damaged() {
    Map<GroupId, DamagedLog> damaged = new HashMap<>();
    debris.forEach((group, broken) -> damaged.put(group, broken.verdict()));
    return Map.copyOf(damaged);
  }

  Map<GroupId, ReplicaId> tombstones() {
    return Map.copyOf(tombstones);
  }

  long retainedBytes(GroupId group) {
    GroupLog log = logs.get(group);
    return log == null ? 0 : log.retainedBytes();
  }
}
