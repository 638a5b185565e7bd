package io.flotilla.raft.core;

import io.flotilla.raft.core.RaftMessage.TimeoutNow;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a leader hands leadership over (thesis §3.10): the other one is asked to campaign once it
 * holds the whole log, which no longer grows meanwhile. If that takes an election timeout, the
 * leader serves again.
 */
final class Transfer {
  private final Replica self;
  private final List<Peer> peers;
  private @Nullable Wish wish;
  private boolean told;

  /** What is under way. */
  private record Wish(long token, ReplicaId to, long deadlineTick) {}

  /**
   * @param peers as the leader knows them at each time
   */
  Transfer(Replica self, List<Peer> peers) {
    this.self = self;
    this.peers = peers;
  }

  /** Why nothing may be appended, or handed over to another one, now. */
  Optional<Refusal> refusal() {
    return wish == null ? Optional.empty() : Optional.of(new Refusal.Transferring(wish.to()));
  }

  /**
   * @param to to whoever has most of the log, if it is empty
   */
  void ask(long token, Optional<ReplicaId> to, long ticks) {
    ReplicaId target = to.orElseGet(() -> mostCaughtUp(ticks));
    Optional<Refusal> refusal = refusal();
    if (refusal.isPresent()) {
      self.answer(new Answer.Refused(token, refusal.get()));
    } else if (!self.membership().isLastingVoter(target) || target.equals(self.id())) {
      self.answer(new Answer.Refused(token, new Refusal.NoSuchVoter()));
    } else if (!wasHeard(target, ticks)) {
      self.answer(new Answer.Refused(token, new Refusal.TransferGivenUp()));
    } else {
      wish = new Wish(token, target, ticks + self.config().electionTicks());
      told = false;
    }
  }

  /** Who is away would not answer, and clients would wait an election timeout for nothing. */
  private boolean wasHeard(ReplicaId replica, long ticks) {
    for (Peer peer : peers) {
      if (peer.id().equals(replica)) {
        return peer.wasHeard(ticks);
      }
    }
    return false;
  }

  /**
   * Of the voters that stay and were heard of late; this replica itself if there is no other. One
   * that is away may hold as much, when nothing has been written since, but would not answer.
   */
  ReplicaId mostCaughtUp(long ticks) {
    ReplicaId best = self.id();
    long match = -1;
    for (Peer peer : peers) {
      if (self.membership().isLastingVoter(peer.id())
          && peer.wasHeard(ticks)
          && peer.match() > match) {
        best = peer.id();
        match = peer.match();
      }
    }
    return best;
  }

  void tick(long ticks) {
    if (wish != null && ticks >= wish.deadlineTick()) {
      giveUp();
    }
  }

  void giveUp() {
    if (wish != null) {
      self.answer(new Answer.Refused(wish.token(), new Refusal.TransferGivenUp()));
      wish = null;
    }
  }

  /** This replica leads no more. */
  void end() {
    if (wish != null) {
      self.answer(new Answer.SteppedDown(wish.token()));
    }
  }

  void flush() {
    if (wish != null && !told && holdsAll(wish.to())) {
      told = true;
      self.say(wish.to(), new TimeoutNow(self.term()));
    }
  }

  private boolean holdsAll(ReplicaId replica) {
    for (Peer peer : peers) {
      if (peer.id().equals(replica)) {
        return peer.match() == self.log().lastIndex();
      }
    }
    return false;
  }
}
