package io.flotilla.shard.report;

import io.flotilla.proto.map.Replica;
import io.flotilla.proto.placement.MoveOrder;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a leader does next about an order: who comes is a learner first, until it has nearly all of
 * the log; then one joint change takes it in and who leaves, if somebody does, out. A leader that
 * is to leave hands over before all that. Who is lost is left out without anybody in its place, if
 * the order says so. Ids are never used again, and who is added beside others is added to one
 * number of voters only, so an order that is old fits nowhere and does no harm. Pure.
 *
 * @param target the membership to be changed to; empty to hand leadership over
 */
record MoveStep(Optional<Membership> target) {
  /** Nothing to do, or not by this replica, or not now. */
  static Optional<MoveStep> next(GroupStatus status, MoveOrder order) {
    Membership now = status.membership();
    Member to = member(order.getTo());
    if (isDismissal(order)) {
      return dismissal(status, now, to);
    }
    if (isLeavingOut(order)) {
      return leavingOut(status, now, to);
    }
    if (status.role() != RoleName.LEADER
        || now.isJoint()
        || now.voters().contains(to)
        || !fits(order, now)
        || isTaken(now, to)) {
      return Optional.empty();
    }
    if (status.replica().value() == order.getFrom() && now.voters().size() > 1) {
      return Optional.of(new MoveStep(Optional.empty()));
    }
    return Optional.of(new MoveStep(Optional.of(target(now, order.getFrom(), to))));
  }

  /** Whether the group still has who is to leave, or, if nobody is, as many voters as it had. */
  private static boolean fits(MoveOrder order, Membership now) {
    return order.getFrom() == 0
        ? now.voters().size() + 1 == order.getVoters()
        : now.voters().stream().anyMatch(voter -> voter.replica().value() == order.getFrom());
  }

  /**
   * Whether another voter of the group is where this one is to go. Placement may not know yet that
   * it came: its job was given up when the group had begun to take it in. A learner there has to
   * go.
   */
  private static boolean isTaken(Membership now, Member to) {
    return now.voters().stream().anyMatch(voter -> voter.node() == to.node());
  }

  /** Whether it only says that a learner, whose job was given up, is to leave. */
  static boolean isDismissal(MoveOrder order) {
    return order.getJob() == 0;
  }

  /** Whether nobody comes for who leaves. */
  static boolean isLeavingOut(MoveOrder order) {
    return order.getFrom() == order.getTo().getReplica();
  }

  /** Learners go as well: no order names them. */
  private static Optional<MoveStep> leavingOut(GroupStatus status, Membership now, Member lost) {
    if (status.role() != RoleName.LEADER
        || status.replica().equals(lost.replica())
        || now.isJoint()
        || !now.voters().contains(lost)) {
      return Optional.empty();
    }
    List<Member> voters = new ArrayList<>(now.voters());
    voters.remove(lost);
    return Optional.of(new MoveStep(Optional.of(Membership.of(voters))));
  }

  private static Optional<MoveStep> dismissal(GroupStatus status, Membership now, Member to) {
    if (status.role() != RoleName.LEADER || now.isJoint() || !now.learners().contains(to)) {
      return Optional.empty();
    }
    List<Member> learners = new ArrayList<>(now.learners());
    learners.remove(to);
    return Optional.of(
        new MoveStep(Optional.of(new Membership(now.voters(), List.of(), learners))));
  }

  /** Learners that no order names any more go with the first step. */
  private static Membership target(Membership now, long from, Member to) {
    if (!now.learners().contains(to)) {
      return new Membership(now.voters(), List.of(), List.of(to));
    }
    List<Member> voters = new ArrayList<>(now.voters());
    voters.removeIf(member -> member.replica().value() == from);
    voters.add(to);
    return Membership.of(voters);
  }

  private static Member member(Replica replica) {
    return new Member(new ReplicaId(replica.getReplica()), replica.getNode());
  }
}
