package io.flotilla.raft.sim;

import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.RaftMessage.AppendReply;
import io.flotilla.raft.core.RaftMessage.VoteReply;
import io.flotilla.raft.core.RaftMessage.VoteRequest;
import io.flotilla.raft.core.ReplicaId;
import java.util.Optional;

/** What a message says about its sender's disk must be true when it leaves (Figure 2). */
final class Promises {
  private Promises() {}

  /**
   * @param kept what the sender's disk holds at this moment
   * @param lastKept the last index of the log on it
   */
  static void check(
      ReplicaId from, ReplicaId to, RaftMessage message, HardState kept, long lastKept) {
    boolean asks =
        (message instanceof VoteRequest request && request.pre())
            || message instanceof RaftMessage.RemovedRequest
            || (message instanceof VoteReply reply && reply.pre() && reply.granted());
    boolean keeps = asks || message.term() <= kept.term();
    if (message.term() == kept.term()) {
      if (message instanceof VoteReply vote && vote.granted() && !vote.pre()) {
        keeps = kept.vote().equals(Optional.of(to));
      } else if (message instanceof AppendReply reply && reply.conflict().isEmpty()) {
        keeps = reply.match() <= lastKept;
      }
    }
    if (!keeps) {
      throw new AssertionError(
          "PROMISE: "
              + from
              + " says "
              + message
              + " to "
              + to
              + ", on its disk are "
              + kept
              + " and a log up to "
              + lastKept);
    }
  }

  /** Whether this is a vote that counts. */
  static boolean isVote(RaftMessage message) {
    return message instanceof VoteReply vote && vote.granted() && !vote.pre();
  }
}
