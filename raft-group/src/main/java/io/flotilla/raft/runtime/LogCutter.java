package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.PeerState;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;

/**
 * How far a log is cut. It is bounded by bytes, whoever lags: a replica that is away for long never
 * holds it back. Half of the bound stays for those who are a little behind, whoever leads them
 * then. A leader waits for followers that are there, and for one that loads a snapshot from here,
 * up to {@link #PATIENCE} times the bound; one that was elected just now has heard nobody, and
 * keeps the half, as it did a moment before. No log goes beyond that only because the state is not
 * durable: it is flushed before.
 *
 * <p>Whoever is given a snapshot has to find the entries that follow it, or he is given another,
 * for ever. So as long as one is under way a leader waits until the log weighs as much as that
 * does: to send what is left of it is no more than to send another. A group whose log grows faster,
 * by more than its state weighs while that is made, sent and loaded, still gives no replica back
 * before it is written to less.
 */
final class LogCutter {
  private static final int PATIENCE = 4;

  /**
   * The last snapshot that was taken here for others.
   *
   * @param index up to which it is; 0 if there is none
   * @param bytes about what it weighs; 0 if it is not under way any more
   */
  record Image(long index, long bytes) {
    static final Image NONE = new Image(0, 0);

    Image arrived() {
      return new Image(index, 0);
    }
  }

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
   */
  long cut(GroupStatus status, long retained, long durable, Image image) {
    long first = status.firstIndex();
    long entries = status.lastIndex() + 1 - first;
    double share = 1 - retainBytes / 2.0 / retained; // as if all entries weighed the same
    long cut = Math.min(first - 1 + (long) (entries * share), durable);
    long patience = Math.max(PATIENCE * retainBytes, image.bytes());
    if (status.role() == RoleName.LEADER && retained <= patience) {
      for (PeerStatus peer : status.peers()) {
        if (peer.recentlyActive()) {
          cut = Math.min(cut, peer.state() == PeerState.SNAPSHOT ? image.index() : peer.match());
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
  boolean wantsFlush(GroupStatus status, long retained, long durable, Image image) {
    long applied = status.appliedIndex();
    long kept = cut(status, retained, applied, image) - cut(status, retained, durable, image);
    double bytesOfEach = (double) retained / (status.lastIndex() + 1 - status.firstIndex());
    return kept * bytesOfEach > (PATIENCE - 1) * retainBytes;
  }
}
