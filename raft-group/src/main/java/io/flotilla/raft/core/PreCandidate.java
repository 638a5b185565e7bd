package io.flotilla.raft.core;

import io.flotilla.raft.core.RaftMessage.VoteRequest;

/**
 * Asks whether an election could be won before it disturbs anybody with a new term (thesis §9.6).
 * Nothing is kept and no term rises.
 */
final class PreCandidate extends Role {
  private final ElectionTimer timer;
  private final Ballot ballot;

  private PreCandidate(Replica self) {
    super(self);
    this.timer = new ElectionTimer(self);
    this.ballot = new Ballot(self.membership());
  }

  static Role begin(Replica self) {
    self.event(new RaftEvent.ElectionStarted(self.term() + 1, true));
    PreCandidate role = new PreCandidate(self);
    VoteRequest request = new VoteRequest(self.term() + 1, true, false, self.log().last());
    for (ReplicaId voter : self.otherVoters()) {
      self.say(voter, request);
    }
    return role.onPreVoteReply(self.id(), true);
  }

  @Override
  GroupStatus.RoleName name() {
    return GroupStatus.RoleName.PRE_CANDIDATE;
  }

  @Override
  Role onTick() {
    return timer.tick() ? campaign() : this;
  }

  @Override
  Role onPreVoteReply(ReplicaId from, boolean granted) {
    return switch (ballot.record(from, granted)) {
      case WON -> Candidate.begin(self, false);
      case LOST -> withoutLeader();
      case OPEN -> this;
    };
  }
}
