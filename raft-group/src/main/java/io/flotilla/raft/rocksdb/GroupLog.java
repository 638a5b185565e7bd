package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.GroupId;

/** What the writer knows of one group's log without asking the disk. Owned by the writer. */
final class GroupLog {
  final GroupId group;
  final RecordIndex records = new RecordIndex();
  Head head = Head.NEW;
  long lastIndex;

  /** The writer's batch that last put a record of this group. */
  long stagedInBatch = -1;

  GroupLog(GroupId group) {
    this.group = group;
  }

  /** Last index of the i-th record. */
  long lastOf(int i) {
    return i + 1 < records.size() ? records.get(i + 1) - 1 : lastIndex;
  }
}
