package io.flotilla.raft.sim;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.PeerState;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.ReplicaId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What leaders of a group have under way is no more than their limits allow: commands of their term
 * that are not committed, and appends to each follower that it has not acknowledged. Counted from
 * what is handed to the disk and to the network, and never too much: an append counts as long as
 * each follows the last one without a gap, for a leader that starts over begins at or before what
 * it had sent; and a leader that does not {@link PeerState#REPLICATE} has nothing in its window.
 * One thread.
 */
final class LeaderBounds {
  private record Way(ReplicaId from, ReplicaId to) {}

  private record Span(long last, long bytes) {}

  private static final class Sent {
    private final long term;
    private final Deque<Span> spans = new ArrayDeque<>();
    private long end;

    Sent(long term) {
      this.term = term;
    }
  }

  private final CoreConfig config;
  private final Map<Way, Sent> ways = new HashMap<>();

  LeaderBounds(CoreConfig config) {
    this.config = config;
  }

  /**
   * @param log of the replica, with all that it has handed to its disk
   */
  void observe(GroupStatus status, SimLog log) {
    boolean leads = status.role() == RoleName.LEADER;
    ways.keySet().removeIf(way -> way.from().equals(status.replica()) && !flows(status, way));
    if (leads) {
      checkUncommitted(status, log);
    }
  }

  private static boolean flows(GroupStatus status, Way way) {
    return peer(status, way.to()).filter(peer -> peer.state() == PeerState.REPLICATE).isPresent();
  }

  private static Optional<PeerStatus> peer(GroupStatus status, ReplicaId replica) {
    return status.peers().stream().filter(peer -> peer.replica().equals(replica)).findFirst();
  }

  /** One command is taken whatever it weighs, if nothing else is under way. */
  private void checkUncommitted(GroupStatus status, SimLog log) {
    long bytes = 0;
    int commands = 0;
    for (long index = log.lastIndex();
        index > status.commitIndex() && log.termAt(index) == status.term();
        index--) {
      if (index > log.truncated().index() && log.at(index).kind() == Entry.Kind.COMMAND) {
        bytes += log.at(index).weight();
        commands++;
      }
    }
    if (commands > 1 && bytes > config.uncommittedBytesMax()) {
      throw new AssertionError(
          "UNCOMMITTED: %d bytes in %d commands, allowed are %d: %s"
              .formatted(bytes, commands, config.uncommittedBytesMax(), status));
    }
  }

  /**
   * When a leader's append leaves it.
   *
   * @param status of the leader at the end of the turn; it may know of more that has arrived than
   *     when it filled the window, never of less
   */
  void sends(GroupStatus status, ReplicaId to, AppendRequest append) {
    Optional<PeerStatus> peer = peer(status, to);
    if (append.entries().isEmpty() || append.term() != status.term() || peer.isEmpty()) {
      return;
    }
    long bytes = append.entries().stream().mapToLong(Entry::weight).sum();
    long last = append.previous().index() + append.entries().size();
    Way way = new Way(status.replica(), to);
    Sent sent = ways.get(way);
    if (sent == null || sent.term != append.term() || sent.end != append.previous().index()) {
      sent = new Sent(append.term());
      ways.put(way, sent);
    }
    sent.spans.removeIf(span -> span.last() <= peer.get().match());
    long before = sent.spans.stream().mapToLong(Span::bytes).sum();
    if (sent.spans.size() >= config.inflightMessages()
        || before >= config.inflightBytes()
        || (append.entries().size() > 1 && bytes > config.appendBytesMax())) {
      throw new AssertionError(
          "IN FLIGHT: %d bytes in %d entries after %d bytes in %d appends to %s, limits are %s"
              .formatted(bytes, append.entries().size(), before, sent.spans.size(), to, config));
    }
    sent.spans.add(new Span(last, bytes));
    sent.end = last;
  }
}
