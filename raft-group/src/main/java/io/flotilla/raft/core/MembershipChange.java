package io.flotilla.raft.core;

import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.RaftMessage.AppendReply;
import io.flotilla.raft.core.RaftMessage.HeartbeatReply;
import io.flotilla.raft.core.RaftMessage.ReadIndexRequest;
import io.flotilla.raft.core.RaftMessage.VoteRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What a leader has to know before it changes the membership, and after. One change is under way at
 * a time, and none begins before an entry of the leader's own term is committed: else two leaders
 * could count by memberships whose majorities do not meet (thesis §4.1, §4.3).
 */
final class MembershipChange {
  private final Replica self;
  private long settled = -1;

  MembershipChange(Replica self) {
    this.self = self;
  }

  /**
   * Why the change may not begin now.
   *
   * @param caughtUp whether a replica that is to become a voter holds so much of the log that the
   *     new majority can commit at once (thesis §4.2.1)
   */
  Optional<Refusal> refusal(Membership target, Predicate<ReplicaId> caughtUp) {
    if (!self.ownTermCommitted()) {
      return Optional.of(new Refusal.NotReady());
    }
    // Joint, too: the step that commits a joint membership appends the one that ends it.
    if (self.membershipIndex() > self.commit()) {
      return Optional.of(new Refusal.ChangeInProgress());
    }
    Membership current = self.membership();
    Optional<String> wrong = wrong(current, target);
    if (wrong.isPresent()) {
      return Optional.of(new Refusal.InvalidMembership(wrong.get()));
    }
    for (Member voter : target.voters()) {
      if (!current.isVoter(voter.replica()) && !caughtUp.test(voter.replica())) {
        return Optional.of(new Refusal.NotCaughtUp(voter.replica()));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> wrong(Membership current, Membership target) {
    if (target.voters().isEmpty()) {
      return Optional.of("no voters");
    }
    if (target.isJoint()) {
      return Optional.of("a target has no outgoing voters");
    }
    Set<ReplicaId> seen = new HashSet<>();
    for (List<Member> members : List.of(target.voters(), target.learners())) {
      for (Member member : members) {
        if (!seen.add(member.replica())) {
          return Optional.of("replica " + member.replica() + " is named twice");
        }
      }
    }
    for (Member before : current.everybody()) {
      for (Member after : target.everybody()) {
        if (before.replica().equals(after.replica()) && before.node() != after.node()) {
          return Optional.of("replica " + before.replica() + " would change its node");
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Whether the membership in force has become committed since this was last asked; to be asked
   * when the commit index has moved, which is only by entries of this leader's term.
   */
  boolean settles() {
    boolean isNews = self.membershipIndex() <= self.commit() && self.membershipIndex() > settled;
    if (isNews) {
      settled = self.membershipIndex();
    }
    return isNews;
  }

  /**
   * Whether this comes from a replica that the group has removed for good. A leader that does not
   * know yet that it leads no more must not tell that to a replica which a later leader has added:
   * such a one speaks in that leader's term, and if it campaigns, its log ends in it or after it.
   */
  boolean isFromRemoved(ReplicaId from, RaftMessage message) {
    return hasRemoved(from) && isOfOurTime(message);
  }

  /** Whether this replica, if it belonged to the group when it last spoke, was removed since. */
  boolean hasRemoved(ReplicaId replica) {
    return settled == self.membershipIndex()
        && !self.membership().isJoint()
        && !self.membership().holds(replica);
  }

  private boolean isOfOurTime(RaftMessage message) {
    if (message instanceof VoteRequest request) {
      return request.last().term() <= self.term();
    }
    boolean isFollowers =
        message instanceof AppendReply
            || message instanceof HeartbeatReply
            || message instanceof ReadIndexRequest;
    return isFollowers && message.term() == self.term();
  }
}
