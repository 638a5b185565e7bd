package io.flotilla.raft.runtime;

import io.flotilla.raft.port.LogStore;

/**
 * Looks at regular moments whether the log's disk gets on. Counts the looks and not the time, so
 * that a machine that was paused as a whole is not taken for one whose disk hangs. One thread.
 */
final class DiskWatch {
  private final LogStore log;
  private long first;
  private int looks;

  DiskWatch(LogStore log) {
    this.log = log;
  }

  /** How many looks in a row, this one included, have found it no further than the one before. */
  int look() {
    long now = log.firstUnsynced();
    looks = now != 0 && now == first ? looks + 1 : 0;
    first = now;
    return looks;
  }
}
