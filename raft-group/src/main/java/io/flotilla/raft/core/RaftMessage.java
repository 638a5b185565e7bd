package io.flotilla.raft.core;

import java.util.List;
import java.util.Optional;

/** What replicas of one group say to each other. Each carries its sender's term (§5.1). */
public sealed interface RaftMessage {
  long term();

  /**
   * RequestVote (§5.2). With {@code pre}, the question whether one would be granted (thesis §9.6):
   * {@code term} is then the term that the candidate would campaign in, and nobody's state changes.
   * {@code transfer} passes the stickiness rule, because the leader itself asked for this election
   * (thesis §3.10).
   */
  record VoteRequest(long term, boolean pre, boolean transfer, Position last)
      implements RaftMessage {}

  record VoteReply(long term, boolean pre, boolean granted) implements RaftMessage {}

  /**
   * AppendEntries (§5.3). Entries follow {@code previous} without a gap; none makes it a probe.
   * {@code round} is the newest ReadIndex round that the leader has begun (0: none in this term); a
   * reply repeats it.
   */
  record AppendRequest(long term, Position previous, long commit, long round, List<Entry> entries)
      implements RaftMessage {
    public AppendRequest {
      entries = List.copyOf(entries);
    }
  }

  /**
   * {@code conflict} is empty if the entries were taken; {@code match} is then the last index known
   * to equal the leader's and to be durable here. With a conflict, {@code match} is 0.
   */
  record AppendReply(
      long term, long match, Optional<Conflict> conflict, long round, Progress progress)
      implements RaftMessage {}

  /**
   * Why an append was refused, so that the leader skips a term a round trip and not an entry
   * (thesis §5.3, "fast backup"). {@code previous} is the index that was refused; {@code xTerm} the
   * term found there (0: the log is shorter or cut), {@code xIndex} the first index of that term,
   * {@code xLength} the index of the last entry.
   */
  record Conflict(long previous, long xTerm, long xIndex, long xLength) {}

  /** How far a follower is, for flow control: the last durable and the last applied index. */
  record Progress(long durable, long applied) {}

  /**
   * Never carries entries, so that it may overtake them; {@code commit} is no further than the
   * follower's match.
   */
  record Heartbeat(long term, long commit, long round) implements RaftMessage {}

  record HeartbeatReply(long term, long round, Progress progress) implements RaftMessage {}

  /** A follower asks for the index that a linearizable read has to wait for (thesis §6.4). */
  record ReadIndexRequest(long term, long token) implements RaftMessage {}

  /** {@code index} is empty if the asked replica cannot say. */
  record ReadIndexReply(long term, long token, Optional<Long> index) implements RaftMessage {}

  /**
   * The leader's log no longer reaches back to what the follower needs: a snapshot is to be fetched
   * (§7).
   */
  record SnapshotOffer(long term, Position last, Membership membership) implements RaftMessage {}

  /** The transferee campaigns at once (thesis §3.10). */
  record TimeoutNow(long term) implements RaftMessage {}
}
