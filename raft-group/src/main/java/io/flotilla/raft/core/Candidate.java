package io.flotilla.raft.core;

import io.flotilla.raft.core.RaftMessage.VoteRequest;

/**
 * Stands for election in a term of its own (§5.2). It asks for votes only once its disk holds the
 * new term, its own vote and the log that it boasts of, and counts its own vote only then.
 */
final class Candidate extends Role {
  /**
   * More terms than those whom this replica does not hear any more can have come to without it:
   * with one election a second, those of 34 years.
   */
  static final long LOST_TERMS_MAX = 1L << 30;

  private final ElectionTimer timer;
  private final Ballot ballot;

  private Candidate(Replica self) {
    super(self);
    this.timer = new ElectionTimer(self);
    this.ballot = new Ballot(self.membership());
  }

  /**
   * @param transfer whether the leader itself asked for this election (thesis §3.10)
   */
  static Candidate begin(Replica self, boolean transfer) {
    self.enterTerm(self.term() + 1);
    self.voteFor(self.id());
    self.event(new RaftEvent.ElectionStarted(self.term(), false));
    VoteRequest request = new VoteRequest(self.term(), false, transfer, self.log().last());
    for (ReplicaId voter : self.otherVoters()) {
      self.promise(voter, request);
    }
    return new Candidate(self);
  }

  /**
   * Stands for election by a membership of its own making, which holds nobody else. Its term is one
   * that no other replica of the group can be in: else there might be two leaders of it.
   */
  static Role forcing(Replica self, Membership alone) {
    self.enterTerm(self.term() + LOST_TERMS_MAX);
    self.voteFor(self.id());
    // With term and vote in one batch: a crash leaves all of it or nothing.
    self.append(
        new Entry(
            self.log().lastIndex() + 1,
            self.term(),
            Entry.Kind.MEMBERSHIP,
            MembershipBytes.encode(alone)));
    self.event(new RaftEvent.MembershipForced(self.term(), alone));
    return new Candidate(self);
  }

  @Override
  GroupStatus.RoleName name() {
    return GroupStatus.RoleName.CANDIDATE;
  }

  @Override
  Role onTick() {
    return timer.tick() ? campaign() : this;
  }

  @Override
  Role onSynced() {
    return self.termIsDurable() ? onVoteReply(self.id(), true) : this;
  }

  @Override
  Role onVoteReply(ReplicaId from, boolean granted) {
    return switch (ballot.record(from, granted)) {
      case WON -> Leader.elected(self);
      case LOST -> withoutLeader();
      case OPEN -> this;
    };
  }
}
