package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.GroupId;

/**
 * What the writer knows of one group's log without asking the disk. Owned by the writer, but for
 * {@link #retainedBytes}.
 */
final class GroupLog {
  final GroupId group;
  final RecordIndex records;
  Head head;
  long lastIndex;

  /** The writer's batch that last put a record of this group. */
  long stagedInBatch = -1;

  private volatile long retainedBytes;

  /** A log without entries. */
  GroupLog(GroupId group, Head head) {
    this(group, head, new RecordIndex(), head.truncated().index());
  }

  GroupLog(GroupId group, Head head, RecordIndex records, long lastIndex) {
    this.group = group;
    this.head = head;
    this.records = records;
    this.lastIndex = lastIndex;
    weigh();
  }

  /** Last index of the i-th record. */
  long lastOf(int i) {
    return i + 1 < records.size() ? records.get(i + 1) - 1 : lastIndex;
  }

  /** Lets others see what the records now weigh. */
  final void weigh() {
    retainedBytes = records.bytes();
  }

  long retainedBytes() {
    return retainedBytes;
  }
}
