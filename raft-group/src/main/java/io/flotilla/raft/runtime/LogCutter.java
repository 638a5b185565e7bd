package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.PeerState;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;

/**
 * How far a log is cut. It is bounded by bytes, whoever lags: a replica that is away for long never
 * holds it back. Half of the bound stays for those who are a little behind, whoever leads them
 * then. A leader waits for followers that are there, and for one that loads a snapshot from here,
 * up to {@link #PATIENCE} times the bound. No log goes beyond that only because the state is not
 * durable: it is flushed before.
 */
final class LogCutter {
  private static final int PATIENCE = 4;

  private final long retainBytes;

  LogCutter(long retainBytes) {
    this.retainBytes = retainBytes;
  }

  boolean isDue(long retained) {
    return retained > retainBytes;
  }

  /**
   * The last index that may go; that of the last cut if there is nothing to cut.
   *
   * @param retained what the log weighs, in bytes
   * @param durable the applied index that a crash would leave
   * @param image of the last snapshot that was taken here for others; 0 if none was
   */
  long cut(GroupStatus status, long retained, long durable, long image) {
    long first = status.firstIndex();
    long entries = status.lastIndex() + 1 - first;
    double share = 1 - retainBytes / 2.0 / retained; // as if all entries weighed the same
    long cut = Math.min(first - 1 + (long) (entries * share), durable);
    if (status.role() == RoleName.LEADER && retained <= PATIENCE * retainBytes) {
      for (PeerStatus peer : status.peers()) {
        if (peer.recentlyActive()) {
          cut = Math.min(cut, peer.state() == PeerState.SNAPSHOT ? image : peer.match());
        }
      }
    }
    return Math.max(cut, first - 1);
  }

  /**
   * Whether the state should be made durable for the sake of the log: nothing else keeps so much of
   * it from being cut that it is on the way to {@link #PATIENCE} times the bound. Before that the
   * state's own flushes, which come when there is something to write, have had their chance.
   *
   * @param durable as for {@link #cut}, as is the rest
   */
  boolean wantsFlush(GroupStatus status, long retained, long durable, long image) {
    long applied = status.appliedIndex();
    long kept = cut(status, retained, applied, image) - cut(status, retained, durable, image);
    double bytesOfEach = (double) retained / (status.lastIndex() + 1 - status.firstIndex());
    return kept * bytesOfEach > (PATIENCE - 1) * retainBytes;
  }
}
