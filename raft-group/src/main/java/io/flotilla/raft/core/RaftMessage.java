package io.flotilla.raft.core;

import java.util.List;
import java.util.Optional;

/** What replicas of one group say to each other. Each carries its sender's term (§5.1). */
public sealed interface RaftMessage {
  long term();

  /**
   * The role in which the receiver goes on. A message of an older term changes nothing; whoever
   * might act on its outdated term is told the newer one (§5.1).
   */
  Role deliverTo(Role role, ReplicaId from);

  /**
   * RequestVote (§5.2). With {@code pre}, the question whether one would be granted (thesis §9.6):
   * {@code term} is then the term that the candidate would campaign in, and nobody's state changes.
   * {@code transfer} passes the stickiness rule, because the leader itself asked for this election
   * (thesis §3.10).
   */
  record VoteRequest(long term, boolean pre, boolean transfer, Position last)
      implements RaftMessage {
    @Override
    public Role deliverTo(Role role, ReplicaId from) {
      if (term < role.self().term()) {
        return role.refusingStale(from, this);
      }
      if (pre) {
        return role.onPreVoteRequest(from, this);
      }
      if (!transfer && role.hearsLeader()) {
        return role;
      }
      return role.observing(term).onVoteRequest(from, this);
    }
  }

  record VoteReply(long term, boolean pre, boolean granted) implements RaftMessage {
    @Override
    public Role deliverTo(Role role, ReplicaId from) {
      if (pre && granted) {
        return term == role.self().term() + 1 ? role.onPreVoteReply(from, true) : role;
      }
      if (term < role.self().term()) {
        return role;
      }
      Role met = role.observing(term);
      return pre ? met.onPreVoteReply(from, false) : met.onVoteReply(from, granted);
    }
  }

  /**
   * AppendEntries (§5.3). Entries follow {@code previous} without a gap; none makes it a check.
   * {@code round} is the newest ReadIndex round that the leader has begun (0: none in this term); a
   * reply repeats it.
   */
  record AppendRequest(long term, Position previous, long commit, long round, List<Entry> entries)
      implements RaftMessage {
    /**
     * @throws IllegalArgumentException if the entries do not follow {@code previous} in index and
     *     term, or are newer than {@code term}
     */
    public AppendRequest {
      entries = List.copyOf(entries);
      Position last = previous;
      for (Entry entry : entries) {
        if (entry.index() != last.index() + 1 || entry.term() < last.term()) {
          throw new IllegalArgumentException("entry " + entry + " cannot follow " + last);
        }
        last = new Position(entry.index(), entry.term());
      }
      if (last.term() > term) {
        throw new IllegalArgumentException("entry " + last + " in an append of term " + term);
      }
    }

    @Override
    public Role deliverTo(Role role, ReplicaId from) {
      if (term < role.self().term()) {
        return role.correcting(from);
      }
      return role.observing(term).onAppend(from, this);
    }
  }

  /**
   * {@code conflict} is empty if the entries were taken; {@code match} is then the last index known
   * to equal the leader's and to be durable here. With a conflict, {@code match} is 0.
   */
  record AppendReply(
      long term, long match, Optional<Conflict> conflict, long round, Progress progress)
      implements RaftMessage {
    @Override
    public Role deliverTo(Role role, ReplicaId from) {
      return term < role.self().term() ? role : role.observing(term).onAppendReply(from, this);
    }
  }

  /**
   * Why an append was refused, so that the leader skips a term a round trip and not an entry (the
   * paper's §5.3, "fast backup"). {@code previous} is the index that was refused; {@code xTerm} the
   * term found there (0: the log is shorter or cut), {@code xIndex} the first index of that term,
   * {@code xLength} the index of the last entry.
   */
  record Conflict(long previous, long xTerm, long xIndex, long xLength) {}

  /**
   * How far a follower is: the last durable and the last applied index, and the last that is
   * applied whatever crashes there.
   */
  record Progress(long durable, long applied, long durablyApplied) {}

  /**
   * Never carries entries, so that it may overtake them; {@code commit} is no further than the
   * follower's match.
   */
  record Heartbeat(long term, long commit, long round) implements RaftMessage {
    @Override
    public Role deliverTo(Role role, ReplicaId from) {
      if (term < role.self().term()) {
        return role.correcting(from);
      }
      return role.observing(term).onHeartbeat(from, this);
    }
  }

  record HeartbeatReply(long term, long round, Progress progress) implements RaftMessage {
    @Override
    public Role deliverTo(Role role, ReplicaId from) {
      return term < role.self().term() ? role : role.observing(term).onHeartbeatReply(from, this);
    }
  }

  /** A follower asks for the index that a linearizable read has to wait for (thesis §6.4). */
  record ReadIndexRequest(long term, long token) implements RaftMessage {
    @Override
    public Role deliverTo(Role role, ReplicaId from) {
      return term < role.self().term() ? role : role.observing(term).onReadIndexRequest(from, this);
    }
  }

  /** {@code index} is empty if the asked replica cannot say. */
  record ReadIndexReply(long term, long token, Optional<Long> index) implements RaftMessage {
    @Override
    public Role deliverTo(Role role, ReplicaId from) {
      return term < role.self().term() ? role : role.observing(term).onReadIndexReply(this);
    }
  }

  /**
   * The leader's log no longer reaches back to what the follower needs: a snapshot is to be fetched
   * (§7).
   */
  record SnapshotOffer(long term, Position last, Membership membership) implements RaftMessage {
    @Override
    public Role deliverTo(Role role, ReplicaId from) {
      if (term < role.self().term()) {
        return role.correcting(from);
      }
      return role.observing(term).onSnapshotOffer(from, this);
    }
  }

  /**
   * Asks a leader whether the group has removed the sender. It binds nobody and moves no term:
   * whoever asks may be one that is to campaign no more, or knows next to nothing.
   */
  record RemovedRequest(long term) implements RaftMessage {
    @Override
    public Role deliverTo(Role role, ReplicaId from) {
      return role.onRemovedRequest(from);
    }
  }

  /**
   * The group has removed the receiver. Ids never come back, so this stays true: it is obeyed
   * whatever the terms.
   */
  record Removed(long term) implements RaftMessage {
    @Override
    public Role deliverTo(Role role, ReplicaId from) {
      return role.onRemoved();
    }
  }

  /** The transferee campaigns at once (thesis §3.10). */
  record TimeoutNow(long term) implements RaftMessage {
    @Override
    public Role deliverTo(Role role, ReplicaId from) {
      return term < role.self().term() ? role : role.observing(term).onTimeoutNow();
    }
  }
}
