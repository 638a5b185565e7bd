package io.flotilla.raft.sim;

import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.Effects;
import io.flotilla.raft.core.Envelope;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Input;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.RaftMessage.Heartbeat;
import io.flotilla.raft.core.RaftMessage.VoteReply;
import io.flotilla.raft.core.RaftMessage.VoteRequest;
import java.util.Arrays;
import java.util.List;

/**
 * What one replica alone must never do, whatever the others do: rules that can be told from its
 * inputs, effects and disk. They find early what {@link RaftProperties} would find late or by luck.
 * One thread, one incarnation.
 */
final class StepRules {
  private static final long NEVER = Long.MIN_VALUE / 2;

  private final CoreConfig config;
  private final int self;
  private final long[] heardAtTick;
  private final boolean[] mayPreVoteFor;
  private long ticks;
  private long leadsSinceTick;
  private long leaderHeardAtTick = NEVER;
  private long handedToApply = -1;

  StepRules(CoreConfig config, int hosts, int self) {
    this.config = config;
    this.self = self;
    this.heardAtTick = new long[hosts + 1];
    this.mayPreVoteFor = new boolean[hosts + 1];
    Arrays.fill(heardAtTick, NEVER);
  }

  void check(Input input, GroupStatus before, GroupStatus now) {
    require(now.term() >= before.term(), "TERM: goes back", before, now);
    require(now.commitIndex() >= before.commitIndex(), "COMMIT: goes back", before, now);
    require(now.commitIndex() <= now.lastIndex(), "COMMIT: passes the log's end", before, now);
    if (now.role() == RoleName.LEADER
        && (before.role() != RoleName.LEADER
            || now.term() != before.term()
            || !now.membership().equals(before.membership()))) {
      leadsSinceTick = ticks;
    }
    if (input instanceof Input.Tick) {
      ticks++;
      boolean asksFirst =
          config.preVote() && !MembershipRules.isQuorum(now.membership(), id -> id == self);
      require(!asksFirst || now.term() == before.term(), "PRE-VOTE: not asked", before, now);
      checkQuorum(before, now);
    } else if (input instanceof Input.Received received) {
      heard(received, before, now);
    }
  }

  /** A leader that hears no majority must know that soon (thesis §6.2). */
  private void checkQuorum(GroupStatus before, GroupStatus now) {
    if (!config.checkQuorum() || now.role() != RoleName.LEADER) {
      return;
    }
    long patience = 2L * config.electionTicks() + 2;
    if (ticks - leadsSinceTick > patience) {
      boolean heard =
          MembershipRules.isQuorum(
              now.membership(), id -> id == self || ticks - heardAtTick[id] <= patience);
      require(heard, "CHECK-QUORUM: leads on unheard", before, now);
    }
  }

  private void heard(Input.Received received, GroupStatus before, GroupStatus now) {
    RaftMessage message = received.message();
    heardAtTick[SimReplica.number(received.from())] = ticks;
    if (message instanceof VoteRequest request) {
      require(!request.pre() || now.term() == before.term(), "PRE-VOTE: moved", before, now);
      mayPreVoteFor[SimReplica.number(received.from())] |=
          before.leader().isEmpty() || ticks - leaderHeardAtTick >= config.electionTicks();
    } else if (!(message instanceof VoteReply reply && reply.pre())
        && !(message instanceof RaftMessage.RemovedRequest)
        && !(message instanceof RaftMessage.Removed)) {
      require(now.term() >= message.term(), "TERM: newer one not taken", before, now);
    }
    require(
        !(message instanceof AppendRequest)
            || message.term() >= before.term()
            || isSameLog(before, now),
        "STALE: the append of an earlier leader is taken",
        before,
        now);
    boolean fromLeader = message instanceof AppendRequest || message instanceof Heartbeat;
    if (fromLeader && message.term() == now.term()) {
      leaderHeardAtTick = ticks;
    }
  }

  private static boolean isSameLog(GroupStatus before, GroupStatus now) {
    return now.lastIndex() == before.lastIndex()
        && now.lastTerm() == before.lastTerm()
        && now.durableIndex() == before.durableIndex()
        && now.commitIndex() == before.commitIndex();
  }

  /** After a drain: a pre-vote is for who asked when no leader had been heard for long enough. */
  void mayLeave(List<Envelope> envelopes, GroupStatus status) {
    for (Envelope envelope : envelopes) {
      boolean preVote =
          envelope.message() instanceof VoteReply reply && reply.pre() && reply.granted();
      require(
          !preVote || mayPreVoteFor[SimReplica.number(envelope.to())],
          "PRE-VOTE: granted in a leader's time",
          status,
          status);
    }
    Arrays.fill(mayPreVoteFor, false);
  }

  /** A leader's own vote counts once it is kept. */
  void leads(long term, HardState kept) {
    boolean sure = kept.term() == term && kept.vote().map(SimReplica::number).orElse(0) == self;
    if (!sure && kept.term() <= term) {
      throw new AssertionError("PROMISE: " + self + " leads term " + term + ", kept is " + kept);
    }
  }

  /** The state is now a snapshot's, durably: what follows that is handed out next. */
  void restored(long lastIndex) {
    if (handedToApply >= lastIndex) {
      throw new AssertionError(
          "RESTORE: replica " + self + " goes back from " + handedToApply + " to " + lastIndex);
    }
    handedToApply = lastIndex;
  }

  void mayApply(Effects.Range range, GroupStatus status, SimLog durable) {
    require(range.first() <= range.last(), "APPLY ORDER: empty range", status, status);
    require(
        handedToApply < 0 || range.first() == handedToApply + 1,
        "APPLY ORDER: " + range + " follows " + handedToApply,
        status,
        status);
    require(range.last() <= status.commitIndex(), "APPLY: not committed", status, status);
    require(range.last() <= durable.lastIndex(), "APPLY: not durable here", status, status);
    handedToApply = range.last();
  }

  private void require(boolean holds, String what, GroupStatus before, GroupStatus now) {
    if (!holds) {
      throw new AssertionError(what + " (replica " + self + ": " + before + " -> " + now + ")");
    }
  }
}
