package io.flotilla.raft.core;

/** What became of what was asked, by the token it came with. */
public sealed interface Answer {
  long token();

  /**
   * The proposal, or the first entry of the membership change, is in this leader's log at that
   * position. Whether it stays there, only commitment tells.
   */
  record Appended(long token, Position position) implements Answer {}

  /** A read may be served once the state machine has applied {@code index}. */
  record Readable(long token, long index) implements Answer {}

  /**
   * The leadership that was to be handed over has ended: a newer term has begun, whoever may lead
   * it, or this replica was told that it is removed.
   */
  record SteppedDown(long token) implements Answer {}

  /**
   * Certainly not in any log, never will be. Only a transfer that was {@linkplain
   * Refusal.TransferGivenUp given up} may yet happen.
   */
  record Refused(long token, Refusal refusal) implements Answer {}
}
