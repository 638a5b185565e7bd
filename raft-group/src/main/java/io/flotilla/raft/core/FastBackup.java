package io.flotilla.raft.core;

import io.flotilla.raft.core.RaftMessage.Conflict;

/**
 * Where to look next when a follower's log does not hold what an append was to follow: back by a
 * term for each round trip, not by an entry (the paper's §5.3, end).
 */
final class FastBackup {
  private FastBackup() {}

  /** What a follower says about its log when {@code previous} does not match. */
  static Conflict describe(LogTail log, Position previous) {
    long index = previous.index();
    return log.knows(index)
        ? new Conflict(index, log.termAt(index), log.runStart(index), log.lastIndex())
        : new Conflict(index, 0, 0, log.lastIndex());
  }

  /**
   * The index of the entry that the leader should send next.
   *
   * <ol>
   *   <li>The follower's log is too short: the one behind its end.
   *   <li>The leader has entries of {@code xTerm}: its last one is in the follower's log as well,
   *       since both have the term from its first entry on; the one behind it.
   *   <li>The leader has none: nothing of that term can stay; its first entry.
   * </ol>
   */
  static long next(LogTail log, Conflict conflict) {
    long next;
    if (conflict.xTerm() == 0) {
      next = conflict.xLength() + 1;
    } else {
      long last = log.lastOf(conflict.xTerm());
      next = last > 0 ? last + 1 : conflict.xIndex();
    }
    return Math.max(1, Math.min(next, conflict.previous()));
  }
}
