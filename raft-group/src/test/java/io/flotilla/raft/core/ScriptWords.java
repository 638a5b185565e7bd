package io.flotilla.raft.core;

import io.flotilla.raft.core.RaftMessage.AppendReply;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.RaftMessage.Conflict;
import io.flotilla.raft.core.RaftMessage.Heartbeat;
import io.flotilla.raft.core.RaftMessage.HeartbeatReply;
import io.flotilla.raft.core.RaftMessage.ReadIndexReply;
import io.flotilla.raft.core.RaftMessage.ReadIndexRequest;
import io.flotilla.raft.core.RaftMessage.SnapshotOffer;
import io.flotilla.raft.core.RaftMessage.VoteReply;
import io.flotilla.raft.core.RaftMessage.VoteRequest;
import java.util.List;
import java.util.stream.Collectors;

/** How scripts print what replicas say and do; entries print as index@term. */
final class ScriptWords {
  private ScriptWords() {}

  static String of(List<Entry> entries) {
    return entries.stream()
        .map(entry -> entry + ScriptReplica.text(entry))
        .collect(Collectors.joining(" ", "[", "]"));
  }

  /** As {@code {1 2 4} and {1 2 3}, learns {5}}. */
  static String of(Membership membership) {
    return replicas("", membership.voters())
        + (membership.isJoint() ? replicas(" and ", membership.outgoing()) : "")
        + (membership.learners().isEmpty() ? "" : replicas(", learns ", membership.learners()));
  }

  private static String replicas(String before, List<Membership.Member> members) {
    return members.stream()
        .map(member -> member.replica().toString())
        .collect(Collectors.joining(" ", before + "{", "}"));
  }

  static String of(HardState state) {
    return "term=" + state.term() + state.vote().map(vote -> " vote=" + vote).orElse("");
  }

  static String of(Effects.Restore restore) {
    Membership membership = restore.membership();
    String joint = membership.isJoint() ? " and " + ids(membership.outgoing()) : "";
    return restore.last() + ", decided by " + ids(membership.voters()) + joint;
  }

  private static String ids(List<Membership.Member> members) {
    return members.stream().map(it -> it.replica().toString()).collect(Collectors.joining(","));
  }

  static String of(Effects.SnapshotWanted wanted) {
    return "a snapshot of " + wanted.from() + ", at least " + wanted.atLeast();
  }

  static String of(Answer answer) {
    if (answer instanceof Answer.Readable readable) {
      return "read " + readable.token() + " waits for " + readable.index();
    }
    if (answer instanceof Answer.Refused refused) {
      return "refuses " + refused.token() + ": " + of(refused.refusal());
    }
    if (answer instanceof Answer.SteppedDown) {
      return "has stepped down as " + answer.token() + " asked";
    }
    return "takes proposal " + answer.token();
  }

  private static String of(Refusal refusal) {
    if (refusal instanceof Refusal.NotLeader notLeader) {
      return "not leader" + notLeader.leader().map(leader -> ", ask " + leader).orElse("");
    }
    if (refusal instanceof Refusal.Transferring transferring) {
      return "is handing over to " + transferring.to();
    }
    if (refusal instanceof Refusal.NoSuchVoter) {
      return "no voter to hand over to";
    }
    if (refusal instanceof Refusal.TransferGivenUp) {
      return "not handed over";
    }
    if (refusal instanceof Refusal.NotReady) {
      return "nothing of its term is committed";
    }
    if (refusal instanceof Refusal.ChangeInProgress) {
      return "another change is under way";
    }
    if (refusal instanceof Refusal.NotCaughtUp notCaughtUp) {
      return notCaughtUp.replica() + " has not caught up";
    }
    if (refusal instanceof Refusal.LeaderHeard heard) {
      return "hears a leader, " + heard.leader();
    }
    if (refusal instanceof Refusal.NoVoter) {
      return "no voter";
    }
    if (refusal instanceof Refusal.InvalidMembership invalid) {
      return invalid.why();
    }
    return "overloaded";
  }

  static String of(RaftEvent event) {
    if (event instanceof RaftEvent.ElectionStarted e) {
      return (e.pre() ? "asks for an election" : "campaigns") + " in term " + e.term();
    }
    if (event instanceof RaftEvent.LeaderElected e) {
      return "leads term " + e.term();
    }
    if (event instanceof RaftEvent.Following e) {
      return "follows "
          + e.leader().map(ReplicaId::toString).orElse("nobody")
          + " in term "
          + e.term();
    }
    if (event instanceof RaftEvent.SteppedDown e) {
      return "steps down from term " + e.term() + (e.quorumLost() ? ", quorum lost" : "");
    }
    if (event instanceof RaftEvent.MembershipForced e) {
      return "forces " + of(e.left()) + " in term " + e.term();
    }
    if (event instanceof RaftEvent.AppendRefused e) {
      return "hears of a conflict at " + e.by() + ": " + of(e.conflict());
    }
    RaftEvent.ConflictOverwritten e = (RaftEvent.ConflictOverwritten) event;
    return "overwrites " + e.fromIndex() + " to " + e.lastIndex();
  }

  private static String of(Conflict conflict) {
    return "xTerm="
        + conflict.xTerm()
        + " xIndex="
        + conflict.xIndex()
        + " xLength="
        + conflict.xLength();
  }

  static String of(RaftMessage message) {
    String term = " term=" + message.term();
    if (message instanceof VoteRequest m) {
      return (m.pre() ? "PreVote" : m.transfer() ? "TransferVote" : "Vote")
          + term
          + " last="
          + m.last();
    }
    if (message instanceof VoteReply m) {
      return (m.pre() ? "PreVoteReply" : "VoteReply")
          + term
          + (m.granted() ? " granted" : " refused");
    }
    if (message instanceof AppendRequest m) {
      String entries = m.entries().isEmpty() ? "" : " " + of(m.entries());
      return "Append"
          + term
          + " prev="
          + m.previous()
          + entries
          + " commit="
          + m.commit()
          + round(m.round());
    }
    if (message instanceof AppendReply m) {
      String outcome = m.conflict().map(ScriptWords::of).orElse("match=" + m.match());
      return "AppendReply" + term + " " + outcome + round(m.round());
    }
    if (message instanceof Heartbeat m) {
      return "Heartbeat" + term + " commit=" + m.commit() + round(m.round());
    }
    if (message instanceof HeartbeatReply m) {
      return "HeartbeatReply" + term + round(m.round());
    }
    if (message instanceof ReadIndexRequest) {
      return "ReadIndex" + term;
    }
    if (message instanceof ReadIndexReply m) {
      return "ReadIndexReply" + term + m.index().map(index -> " index=" + index).orElse(" refused");
    }
    if (message instanceof SnapshotOffer m) {
      return "SnapshotOffer" + term + " last=" + m.last();
    }
    if (message instanceof RaftMessage.RemovedRequest) {
      return "RemovedRequest" + term;
    }
    if (message instanceof RaftMessage.Removed) {
      return "Removed" + term;
    }
    return "TimeoutNow" + term;
  }

  private static String round(long round) {
    return round == 0 ? "" : " round=" + round;
  }
}
