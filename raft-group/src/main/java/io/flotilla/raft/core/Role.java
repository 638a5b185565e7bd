package io.flotilla.raft.core;

import static io.flotilla.raft.core.InvariantViolation.check;

import io.flotilla.raft.core.RaftMessage.AppendReply;
import io.flotilla.raft.core.RaftMessage.AppendRequest;
import io.flotilla.raft.core.RaftMessage.Heartbeat;
import io.flotilla.raft.core.RaftMessage.HeartbeatReply;
import io.flotilla.raft.core.RaftMessage.ReadIndexReply;
import io.flotilla.raft.core.RaftMessage.ReadIndexRequest;
import io.flotilla.raft.core.RaftMessage.SnapshotOffer;
import io.flotilla.raft.core.RaftMessage.VoteReply;
import io.flotilla.raft.core.RaftMessage.VoteRequest;
import java.util.List;
import java.util.Optional;

/**
 * How a replica meets what happens, and what only this role remembers. A handler returns the role
 * in which the replica goes on. Messages come here in the term they speak of: {@link
 * RaftMessage#deliverTo} has dealt with older ones, and with newer ones by {@link #observing}.
 */
abstract sealed class Role permits Follower, PreCandidate, Candidate, Leader {
  protected final Replica self;

  Role(Replica self) {
    this.self = self;
  }

  final Replica self() {
    return self;
  }

  abstract GroupStatus.RoleName name();

  abstract Role onTick();

  /** The leader of this term, as far as this replica knows. */
  Optional<ReplicaId> leader() {
    return Optional.empty();
  }

  /**
   * Whether this replica leads or has just heard from a leader, so that whoever wants an election
   * is more likely cut off than right (thesis §4.2.3, §9.6).
   */
  boolean hearsLeader() {
    return false;
  }

  /** What it knows of the others. */
  List<GroupStatus.PeerStatus> peers() {
    return List.of();
  }

  /** Says what many steps together made due. */
  void flush() {}

  /** What only this role could have finished is refused; {@code leader} is who to turn to. */
  void end(Optional<ReplicaId> leader) {}

  /** The role in which to meet a message of this term: a newer one makes a follower (§5.1). */
  final Role observing(long term) {
    if (term <= self.term()) {
      return this;
    }
    end(Optional.empty());
    self.enterTerm(term);
    return following();
  }

  /** The follower of nobody yet that it becomes in a newer term. */
  Follower following() {
    return Follower.of(self, Optional.empty());
  }

  Role meet(ReplicaId from, RaftMessage message) {
    return message.deliverTo(this, from);
  }

  /** Somebody leads this term: whoever still stood for it follows. */
  private Follower yieldingTo(ReplicaId elected) {
    check(
        name() != GroupStatus.RoleName.LEADER,
        "two leaders in term %d, the other is %d",
        self.term(),
        elected.value());
    end(Optional.of(elected));
    return Follower.of(self, Optional.of(elected));
  }

  /** An old leader learns from our term that it leads no more. */
  final Role correcting(ReplicaId old) {
    self.say(old, new HeartbeatReply(self.term(), 0, self.progress()));
    return this;
  }

  final Role refusingStale(ReplicaId from, VoteRequest request) {
    self.say(from, new VoteReply(self.term(), request.pre(), false));
    return this;
  }

  final Role withoutLeader() {
    end(Optional.empty());
    return Follower.of(self, Optional.empty());
  }

  final Role campaign() {
    if (!self.mayCampaign()) {
      return this;
    }
    end(Optional.empty());
    return self.config().preVote() ? PreCandidate.begin(self) : Candidate.begin(self, false);
  }

  Role onCampaign() {
    return campaign();
  }

  /** The disk holds more; the replica knows how much. */
  Role onSynced() {
    return this;
  }

  Role onLoaded() {
    return this;
  }

  /** Whoever stands for election has boasted of the log that is now replaced; it follows. (§7) */
  Role onRestore(Position last, Membership membership) {
    return self.restore(last, membership) ? withoutLeader() : this;
  }

  Role onProposed(long token, byte[] command) {
    self.answer(new Answer.Refused(token, new Refusal.NotLeader(leader())));
    return this;
  }

  Role onMembershipAsked(long token, Membership target) {
    self.answer(new Answer.Refused(token, new Refusal.NotLeader(leader())));
    return this;
  }

  /**
   * Whether that term is of before the group's majority was lost for good: terms come that far only
   * by one going on alone, whose log says what the group has done.
   */
  final boolean isPastLoss(long term) {
    return self.term() - term >= Candidate.LOST_TERMS_MAX;
  }

  /**
   * Not while a leader is heard: then there is a majority, and nothing to recover. Nor by who has
   * no vote, for what a learner lacks nobody knows.
   */
  final Role onRecoverAsked(long token) {
    Membership alone = self.membership().leaving(self.id());
    Optional<Refusal> refusal = Optional.empty();
    if (hearsLeader()) {
      refusal = Optional.of(new Refusal.LeaderHeard(leader().orElseThrow()));
    } else if (self.isRemoved() || !self.membership().isVoter(self.id())) {
      refusal = Optional.of(new Refusal.NoVoter());
    }
    if (refusal.isPresent()) {
      self.answer(new Answer.Refused(token, refusal.get()));
      return this;
    }
    boolean isAlone = self.membership().equals(alone);
    Role next = this;
    if (!isAlone) {
      end(Optional.empty());
      next = Candidate.forcing(self, alone);
    }
    long index = self.membershipIndex();
    self.answer(new Answer.Appended(token, self.positionAt(index)));
    return next;
  }

  Role onTransferAsked(long token, Optional<ReplicaId> to) {
    self.answer(new Answer.Refused(token, new Refusal.NotLeader(leader())));
    return this;
  }

  Role onReadAsked(long token) {
    self.answer(new Answer.Refused(token, new Refusal.NotLeader(leader())));
    return this;
  }

  /** Whether this replica would vote for that one if it campaigned in the request's term (§9.6). */
  final Role onPreVoteRequest(ReplicaId from, VoteRequest request) {
    boolean grant =
        request.term() > self.term()
            && !hearsLeader()
            && request.last().isAtLeastAsUpToDateAs(self.log().last());
    long term = grant ? request.term() : self.term();
    self.say(from, new VoteReply(term, true, grant));
    return this;
  }

  Role onVoteRequest(ReplicaId from, VoteRequest request) {
    self.say(from, new VoteReply(self.term(), false, false));
    return this;
  }

  Role onPreVoteReply(ReplicaId from, boolean granted) {
    return this;
  }

  Role onVoteReply(ReplicaId from, boolean granted) {
    return this;
  }

  Role onAppend(ReplicaId from, AppendRequest request) {
    return yieldingTo(from).onAppend(from, request);
  }

  Role onHeartbeat(ReplicaId from, Heartbeat heartbeat) {
    return yieldingTo(from).onHeartbeat(from, heartbeat);
  }

  Role onSnapshotOffer(ReplicaId from, SnapshotOffer offer) {
    return yieldingTo(from).onSnapshotOffer(from, offer);
  }

  Role onAppendReply(ReplicaId from, AppendReply reply) {
    return this;
  }

  Role onHeartbeatReply(ReplicaId from, HeartbeatReply reply) {
    return this;
  }

  Role onReadIndexRequest(ReplicaId from, ReadIndexRequest request) {
    self.say(from, new ReadIndexReply(self.term(), request.token(), Optional.empty()));
    return this;
  }

  Role onReadIndexReply(ReadIndexReply reply) {
    return this;
  }

  Role onTimeoutNow() {
    return this;
  }

  Role onRemovedRequest(ReplicaId from) {
    return this;
  }

  final Role onRemoved() {
    if (self.isRemoved()) {
      return this;
    }
    self.remove();
    return withoutLeader();
  }
}
