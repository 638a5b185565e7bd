package io.flotilla.raft.core;

/** All that can happen to a replica. */
public sealed interface Input {
  /** One unit of time has passed; what a unit is, only the caller knows. */
  record Tick() implements Input {}

  record Received(ReplicaId from, RaftMessage message) implements Input {}

  /**
   * Answered, in this or a later drain, by {@link Answer.Appended} or {@link Answer.Refused} with
   * this token.
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  record Proposed(long token, Entry.Kind kind, byte[] payload) implements Input {}

  /**
   * Answered, in this or a later drain, by {@link Answer.Readable} or {@link Answer.Refused} with
   * this token.
   */
  record ReadAsked(long token) implements Input {}

  /**
   * All that {@link Effects} up to and including this {@link Effects#batch()} asked to keep is
   * durable.
   */
  record Synced(long batch) implements Input {}

  /** The state machine has taken in all entries up to this index. */
  record Applied(long index) implements Input {}

  /** Entries that {@link LogReader} did not have at hand are now; see there. */
  record Loaded() implements Input {}

  /** The log was cut: entries up to this position are gone from it. */
  record Truncated(Position upTo) implements Input {}

  /**
   * Campaign now, without waiting for the timeout: for the preferred replica of a new group, and
   * for tests.
   */
  record Campaign() implements Input {}
}
