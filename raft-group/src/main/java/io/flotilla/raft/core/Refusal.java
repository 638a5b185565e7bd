package io.flotilla.raft.core;

import java.util.Optional;

/**
 * Why something was not begun. What is refused certainly did not and will not happen, but a
 * transfer that was {@linkplain TransferGivenUp given up}.
 */
public sealed interface Refusal {
  record NotLeader(Optional<ReplicaId> leader) implements Refusal {}

  /**
   * More is under way than may be: uncommitted bytes, reads that wait, a full inbox, a log or a
   * state that lags behind, or a disk that hangs. Worth another try before long.
   */
  record Overloaded() implements Refusal {}

  /** No message could carry it. The runtime says so before the core is asked. */
  record TooLarge(int bytesMax) implements Refusal {}

  /** Leadership is being handed over. */
  record Transferring(ReplicaId to) implements Refusal {}

  /** Leadership cannot be handed over to who is no voter, or will be none soon, or leads. */
  record NoSuchVoter() implements Refusal {}

  /**
   * Leadership was not handed over within an election timeout, or the leader lost its quorum or
   * left the voters meanwhile. It may still go to that one a little later. Or that one was not
   * heard for as long, and was not even asked.
   */
  record TransferGivenUp() implements Refusal {}

  /** No membership changes before an entry of the leader's own term is committed. */
  record NotReady() implements Refusal {}

  /** The last membership change is not done yet. */
  record ChangeInProgress() implements Refusal {}

  /** It is to become a voter, but has too little of the log, or is not even a learner. */
  record NotCaughtUp(ReplicaId replica) implements Refusal {}

  /** There is a leader, and so a majority: nothing to recover. */
  record LeaderHeard(ReplicaId leader) implements Refusal {}

  /** Who has no vote cannot become the only one who has. */
  record NoVoter() implements Refusal {}

  record InvalidMembership(String why) implements Refusal {}
}
