package io.flotilla.raft.sim;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the logs of one life of a node weigh while everything goes wrong. Nothing bounds what a
 * crash would take from the state: it has to stay. But whenever more of the state has become
 * durable, the log is looked at; and if it weighs more than it may then, the bound or, at a leader,
 * four times that, all that may go is gone after that turn, down to half the bound. Only a cut that
 * is on its way to the disk puts it off, and, at a leader, an image that is under way. So what a
 * log keeps of what is durably applied is bounded at each of these moments, and becomes no more
 * before the next. One thread.
 */
final class LogBounds {
  private static final int PATIENCE = 4;

  private final long retainBytes;
  private final Map<GroupId, Seen> seen = new HashMap<>();
  private final Set<GroupId> imaged = new HashSet<>();

  /**
   * @param cutAt the last index of its last cut, on its way to the disk or there
   */
  private record Seen(GroupStatus status, long cutAt) {}

  LogBounds(long retainBytes) {
    this.retainBytes = retainBytes;
  }

  /** A leader may wait for this, however long it takes. */
  void imaged(GroupId group) {
    imaged.add(group);
  }

  /**
   * After a turn.
   *
   * @param log with all that has been handed to the disk
   * @param disk where it lies
   */
  void observe(GroupId group, GroupStatus now, SimLog log, SimPlatter disk) {
    @Nullable Seen before = seen.put(group, new Seen(now, log.truncated().index()));
    if (before == null
        || !before.status().replica().equals(now.replica())
        || now.durablyAppliedIndex() <= before.status().durablyAppliedIndex()
        || disk.log(group).truncated().index() < before.cutAt()) {
      return;
    }
    long bytesOnDisk = disk.bytes(group);
    boolean leads = now.role() == RoleName.LEADER || before.status().role() == RoleName.LEADER;
    long mayWeigh = leads ? PATIENCE * retainBytes : retainBytes;
    if (bytesOnDisk > mayWeigh && !(leads && imaged.contains(group))) {
      checkCut(group, before.status(), now, log, bytesOnDisk);
    }
  }

  /** As if all entries weighed the same: what stays may be the heaviest of them. */
  private void checkCut(
      GroupId group, GroupStatus before, GroupStatus now, SimLog log, long bytesOnDisk) {
    long kept = 0;
    long heaviest = 0;
    for (long index = log.truncated().index() + 1; index <= log.lastIndex(); index++) {
      long bytes = log.at(index).weight();
      heaviest = Math.max(heaviest, bytes);
      kept += index <= now.durablyAppliedIndex() ? bytes : 0;
    }
    long entries = Math.max(before.lastIndex(), now.lastIndex()) + 2 - before.firstIndex();
    double keptMax = (entries * (retainBytes / 2.0) / bytesOnDisk + 1) * heaviest;
    if (kept > keptMax) {
      throw new AssertionError(
          "LOG: of %s, which weighed %d bytes, %d that are durably applied stay, not %.0f: %s"
              .formatted(group, bytesOnDisk, kept, keptMax, now));
    }
  }
}
