package io.flotilla.raft.core;

import io.flotilla.raft.core.RaftMessage.VoteRequest;

/**
 * Stands for election in a term of its own (§5.2). It asks for votes only once its disk holds the
 * new term, its own vote and the log that it boasts of, and counts its own vote only then.
 */
final class Candidate extends Role {
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
