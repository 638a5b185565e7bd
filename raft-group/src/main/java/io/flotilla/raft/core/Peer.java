package io.flotilla.raft.core;

import static io.flotilla.raft.core.InvariantViolation.check;

import io.flotilla.raft.core.GroupStatus.PeerState;
import io.flotilla.raft.core.RaftMessage.Conflict;
import io.flotilla.raft.core.RaftMessage.Progress;

/** What a leader knows about one other replica, and what it has under way to it. */
final class Peer {
  private final ReplicaId id;
  private final CoreConfig config;
  private final Window inflight = new Window();
  private PeerState state = PeerState.PROBE;
  private long match;
  private long next;
  private long commitTold;
  private boolean awaitsReply;
  private boolean awaitsLoading;
  private boolean mustCheck;
  private long lastNewsTick;
  private long lastHeardTick = Long.MIN_VALUE;
  private long applied;
  private long durablyApplied;

  /**
   * @param next the first index to send; where the logs agree is first guessed to be just before it
   */
  Peer(ReplicaId id, long next, CoreConfig config) {
    this.id = id;
    this.next = next;
    this.config = config;
  }

  ReplicaId id() {
    return id;
  }

  PeerState state() {
    return state;
  }

  /** The last index known to be on its disk and equal to ours. */
  long match() {
    return match;
  }

  /** The first index not sent yet; always above {@link #match}. */
  long next() {
    return next;
  }

  /**
   * Whether to tell it now that all up to {@code commit} is committed, as far as it surely holds.
   */
  boolean wantsCommit(long commit) {
    return Math.min(match, commit) > commitTold;
  }

  void told(long commit) {
    commitTold = Math.max(commitTold, commit);
  }

  /** Whether entries may leave now, given where our log ends. */
  boolean wantsEntries(long lastIndex) {
    return next <= lastIndex
        && !awaitsLoading
        && (state == PeerState.PROBE ? !awaitsReply : state == PeerState.REPLICATE && !isFull());
  }

  /** Whether an append without entries is to find out how far the peer is. */
  boolean wantsCheck(long lastIndex) {
    return state == PeerState.REPLICATE
        ? mustCheck
        : state == PeerState.PROBE && !awaitsReply && (mustCheck || next > lastIndex);
  }

  /**
   * Whether it is there, lacks no more than {@code lag} entries, and appends reach it without a
   * break. Where nothing is written, one that is away lacks as little.
   */
  boolean isWithin(long lag, long lastIndex, long tick) {
    return wasHeard(tick) && state == PeerState.REPLICATE && lastIndex - match <= lag;
  }

  private boolean isFull() {
    return inflight.count() >= config.inflightMessages()
        || inflight.bytes() >= config.inflightBytes();
  }

  void sentEntries(long lastIndex, long bytes, long tick) {
    if (state == PeerState.REPLICATE) {
      inflight.add(lastIndex, bytes);
      next = lastIndex + 1;
    }
    sentCheck(tick);
  }

  void sentCheck(long tick) {
    awaitsReply = true;
    mustCheck = false;
    lastNewsTick = tick;
  }

  void awaitLoading() {
    awaitsLoading = true;
  }

  void loaded() {
    awaitsLoading = false;
  }

  /** It holds our log up to {@code index} on its disk. */
  void matched(long index, long tick) {
    if (index > match) {
      match = index;
      lastNewsTick = tick;
    }
    inflight.releaseTo(match);
    if (state == PeerState.PROBE && index >= next - 1) {
      state = PeerState.REPLICATE;
    }
    next = Math.max(next, match + 1);
  }

  /**
   * It does not hold what an append was to follow. Says whether that is news: an answer to anything
   * but the newest guess, or to what has matched since, was late.
   */
  boolean isNews(Conflict conflict) {
    return switch (state) {
      case PROBE -> conflict.previous() == next - 1;
      case REPLICATE -> conflict.previous() > match && conflict.previous() < next;
      case SNAPSHOT -> false;
    };
  }

  /** The next guess, never at or below what has matched. */
  void probe(long guess) {
    state = PeerState.PROBE;
    next = Math.max(guess, match + 1);
    inflight.clear();
    awaitsReply = false;
    awaitsLoading = false;
    mustCheck = false;
    check(next > match, "next index %d is not above the match %d", next, match);
  }

  void offeredSnapshot(long tick) {
    state = PeerState.SNAPSHOT;
    inflight.clear();
    lastNewsTick = tick;
  }

  /**
   * It is reachable. If there has been no news since an earlier tick although something is under
   * way, that is lost, or its answer is, or its disk is slow. An append without entries finds out:
   * its refusal says what is lacking, its acceptance comes when the disk has it.
   */
  void heardHeartbeat(long tick) {
    if (tick > lastNewsTick) {
      mustCheck = state == PeerState.PROBE ? awaitsReply : inflight.count() > 0;
      awaitsReply = false;
      awaitsLoading = false;
    }
  }

  /** Ticks without news from a peer that is to fetch a snapshot. */
  long quietTicks(long tick) {
    return tick - lastNewsTick;
  }

  void heard(Progress progress, long tick) {
    lastHeardTick = tick;
    applied = progress.applied();
    durablyApplied = Math.max(durablyApplied, progress.durablyApplied());
  }

  /**
   * Whether the log, which begins after {@code truncated}, can go on from what it surely holds.
   * Whatever it has applied is committed, and so equal to ours, wherever it came from.
   */
  boolean connects(long truncated) {
    return Math.max(match, applied) >= truncated;
  }

  /** Whether it was heard, in this term, within the last election timeout. */
  boolean wasHeard(long tick) {
    return lastHeardTick > tick - config.electionTicks();
  }

  GroupStatus.PeerStatus status(long tick) {
    return new GroupStatus.PeerStatus(id, match, applied, durablyApplied, state, wasHeard(tick));
  }
}
