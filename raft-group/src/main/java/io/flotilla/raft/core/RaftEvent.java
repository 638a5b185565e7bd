package io.flotilla.raft.core;

import java.util.Optional;

/** For logs, metrics and checkers; never for decisions. */
public sealed interface RaftEvent {
  record ElectionStarted(long term, boolean pre) implements RaftEvent {}

  record LeaderElected(long term) implements RaftEvent {}

  /** This replica follows, from now on, {@code leader} (empty: it knows of none). */
  record Following(long term, Optional<ReplicaId> leader) implements RaftEvent {}

  /**
   * The leader leads no more: it has not heard from a quorum for an election timeout (thesis §6.2),
   * has met a newer term, is no voter any more (thesis §4.2.2), or was told that it is removed.
   */
  record SteppedDown(long term, boolean quorumLost) implements RaftEvent {}

  /**
   * Everybody else was left out without a vote of theirs: from here on, what holds of memberships
   * that follow each other does not.
   */
  record MembershipForced(long term, Membership left) implements RaftEvent {}

  record AppendRefused(ReplicaId by, RaftMessage.Conflict conflict) implements RaftEvent {}

  record ConflictOverwritten(long fromIndex, long lastIndex) implements RaftEvent {}
}
