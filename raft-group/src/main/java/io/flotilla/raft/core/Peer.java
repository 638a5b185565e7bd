package io.flotilla.raft.core;

import static io.flotilla.raft.core.InvariantViolation.check;

import io.flotilla.raft.core.RaftMessage.Conflict;

/** What a leader knows about one other replica, and what it has under way to it. */
final class Peer {
  enum State {
    /** Where the logs part is not known: one append at a time, until one is taken. */
    PROBE,
    /** The logs agree: appends follow each other without waiting, as far as the window goes. */
    REPLICATE,
    /** What the peer needs was cut from our log; it has been offered a snapshot. */
    SNAPSHOT
  }

  private final ReplicaId id;
  private final CoreConfig config;
  private final Window inflight = new Window();
  private State state = State.PROBE;
  private long match;
  private long next;
  private long commitTold;
  private boolean awaitsReply;
  private boolean awaitsLoading;
  private boolean mustCheck;
  private boolean active = true;
  private long lastNewsTick;

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

  State state() {
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
        && (state == State.PROBE ? !awaitsReply : state == State.REPLICATE && !isFull());
  }

  /** Whether an append without entries is to find out how far the peer is. */
  boolean wantsCheck(long lastIndex) {
    return state == State.REPLICATE
        ? mustCheck
        : state == State.PROBE && !awaitsReply && (mustCheck || next > lastIndex);
  }

  private boolean isFull() {
    return inflight.count() >= config.inflightMessages()
        || inflight.bytes() >= config.inflightBytes();
  }

  void sentEntries(long lastIndex, long bytes, long tick) {
    if (state == State.REPLICATE) {
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
    if (state == State.PROBE && index >= next - 1) {
      state = State.REPLICATE;
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
    state = State.PROBE;
    next = Math.max(guess, match + 1);
    inflight.clear();
    awaitsReply = false;
    awaitsLoading = false;
    mustCheck = false;
    check(next > match, "next index %d is not above the match %d", next, match);
  }

  void offeredSnapshot(long tick) {
    state = State.SNAPSHOT;
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
      mustCheck = state == State.PROBE ? awaitsReply : inflight.count() > 0;
      awaitsReply = false;
      awaitsLoading = false;
    }
  }

  /** Ticks without news from a peer that is to fetch a snapshot. */
  long quietTicks(long tick) {
    return tick - lastNewsTick;
  }

  void heard() {
    active = true;
  }

  /** Whether it was heard since this was last asked. */
  boolean wasActive() {
    boolean was = active;
    active = false;
    return was;
  }
}
