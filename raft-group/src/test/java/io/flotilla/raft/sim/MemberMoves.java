package io.flotilla.raft.sim;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Decides, as an operator would, which of a group's replicas come and go, on which nodes; and what
 * is replaced when a disk was lost. A new replica has an id that was never used, and its node holds
 * it before the group is told of it. One thread.
 */
final class MemberMoves {
  private final World world;
  private final List<SimGroup> groups;
  private final IntFunction<RuntimeNode> nodes;

  MemberMoves(World world, List<SimGroup> groups, IntFunction<RuntimeNode> nodes) {
    this.world = world;
    this.groups = groups;
    this.nodes = nodes;
  }

  private List<RuntimeNode> nodes() {
    return IntStream.rangeClosed(1, world.hosts()).mapToObj(nodes).toList();
  }

  // ---- what is asked for

  /** What a group's leader is asked for: what has to be, or else anything. */
  Optional<Membership> next(SimGroup group, GroupStatus leader) {
    if (isShort(group)) {
      return repaired(group, leader.membership());
    }
    MemberSchedule schedule = new MemberSchedule(world.chance(), current -> spare(group, current));
    return Optional.of(schedule.after(leader.membership()));
  }

  /** What a group's leader is still asked for at the end, if anything. */
  Optional<Membership> last(SimGroup group, GroupStatus leader) {
    Membership current = leader.membership();
    if (current.isJoint()) {
      return Optional.empty();
    }
    return isShort(group)
        ? repaired(group, current)
        : waiting(group, current).map(member -> withLearner(current, member));
  }

  /** Whether it counts on a replica whose disk was lost. */
  private static boolean isShort(SimGroup group) {
    return lost(group, group.properties().members().newest()).isPresent();
  }

  private static Optional<Member> lost(SimGroup group, Membership membership) {
    return membership.everybody().stream()
        .filter(member -> group.homes().isLost(member.replica()))
        .findFirst();
  }

  /**
   * The next step on the way to another replica in the lost one's place: first add, then remove.
   */
  private Optional<Membership> repaired(SimGroup group, Membership current) {
    Member lost = lost(group, current).orElse(null);
    if (lost == null) {
      return Optional.empty();
    }
    List<Member> voters = new ArrayList<>(current.voters());
    List<Member> learners = new ArrayList<>(current.learners());
    if (learners.remove(lost) || voters.size() > world.voters()) {
      voters.remove(lost);
    } else if (!learners.isEmpty()) {
      voters.add(learners.remove(world.chance().below(learners.size())));
      if (world.chance().happens(0.5)) {
        voters.remove(lost);
      }
    } else {
      return spare(group, current).map(member -> withLearner(current, member));
    }
    return Optional.of(new Membership(voters, List.of(), learners));
  }

  private static Membership withLearner(Membership current, Member member) {
    List<Member> learners = new ArrayList<>(current.learners());
    learners.add(member);
    return new Membership(current.voters(), List.of(), learners);
  }

  private Optional<Member> spare(SimGroup group, Membership current) {
    return waiting(group, current).or(() -> fresh(group));
  }

  /** Who was made for the group, and has never belonged to it yet. */
  private Optional<Member> waiting(SimGroup group, Membership current) {
    return nodes().stream()
        .flatMap(
            node ->
                node
                    .replicas()
                    .tenant(group)
                    .map(replica -> new Member(replica, node.id()))
                    .stream())
        .filter(member -> !MembershipRules.holds(current, member.replica()))
        .filter(member -> !group.properties().members().wasMember(member.replica()))
        .findFirst();
  }

  private Optional<Member> fresh(SimGroup group) {
    RuntimeNode[] free =
        nodes().stream()
            .filter(node -> node.replicas().tenant(group).isEmpty())
            .toArray(RuntimeNode[]::new);
    if (free.length == 0) {
      return Optional.empty();
    }
    RuntimeNode node = world.chance().oneOf(free);
    Member fresh = group.homes().fresh(node.id());
    node.host(group, fresh.replica());
    return Optional.of(fresh);
  }

  // ---- who asks

  /**
   * Who was removed and never heard of it asks the members of now, of whom an operator knows: who
   * only learned asks nobody by itself, and those whom a voter would ask may be gone as well. Who
   * was not removed asks as well, since nobody need know better, and has to stay.
   */
  void askIfRemoved(SimGroup group, GroupStatus leader) {
    MembershipRules members = group.properties().members();
    for (RuntimeNode node : nodes()) {
      node.replicas()
          .tenant(group)
          .filter(members::wasMember)
          .ifPresent(
              replica ->
                  node.visit(group, here -> here.askIfRemoved(leader.membership().everybody())));
    }
  }

  // ---- disks that are lost, or hang

  /**
   * Whether a node's disk may be lost: everybody else is up, and no group is in the middle of
   * anything, or would be left without a majority; nor does it count on an earlier loss.
   */
  boolean mayLoseDisk(RuntimeNode victim) {
    return nodes().stream().allMatch(RuntimeNode::isUp)
        && groups.stream().allMatch(group -> isWhole(group) && canSpare(group, victim));
  }

  /** Whether no group would be left without a majority if a node's disk did nothing any more. */
  boolean canDoWithout(RuntimeNode victim) {
    return nodes().stream().allMatch(RuntimeNode::isUp)
        && groups.stream().allMatch(group -> isWhole(group) && hasMajorityBeside(group, victim));
  }

  private static boolean hasMajorityBeside(SimGroup group, RuntimeNode victim) {
    Membership members = group.properties().members().newest();
    return victim.replicas().tenant(group).filter(members::isVoter).isEmpty()
        || members.voters().size() > 2;
  }

  /** Asked after each event while somebody waits for it: what is cheap and often false is first. */
  private boolean isWhole(SimGroup group) {
    Membership members = group.properties().members().newest();
    if (members.isJoint() || group.homes().isChangeUndecided() || isShort(group)) {
      return false;
    }
    long commit = group.properties().commit();
    long term = -1;
    boolean isLed = false;
    for (Member member : members.everybody()) {
      GroupStatus status = nodes.apply((int) member.node()).statusIfHere(group).orElse(null);
      if (status == null
          || status.durableIndex() < commit
          || (term >= 0 && status.term() != term)
          || !status.membership().equals(members)
          || !MembershipRules.holds(members, status.replica())) {
        return false;
      }
      term = status.term();
      isLed |= status.role() == RoleName.LEADER;
    }
    return isLed;
  }

  private static boolean canSpare(SimGroup group, RuntimeNode victim) {
    return victim.replicas().tenant(group).isEmpty()
        || (!victim.replicas().hasUndecided(group) && hasMajorityBeside(group, victim));
  }
}
