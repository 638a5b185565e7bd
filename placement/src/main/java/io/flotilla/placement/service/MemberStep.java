package io.flotilla.placement.service;

import io.flotilla.placement.model.Settings;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.PeerState;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What the leader of placement does next so that its group consists of those that are to belong to
 * it: who comes is a learner first, until it has the log; then one joint change takes in who has
 * come and lets go who leaves. A leader that leaves hands over at the end of that. Pure.
 *
 * <p>No change begins to a membership of which no majority is heard: it could not end, and until it
 * ends nothing else is decided.
 */
final class MemberStep {
  private final GroupStatus status;
  private final Settings settings;

  private MemberStep(GroupStatus status, Settings settings) {
    this.status = status;
    this.settings = settings;
  }

  /** The membership to change to; empty if there is nothing to do, or not by this one, or now. */
  static Optional<Membership> next(GroupStatus status, Settings settings) {
    if (status.role() != RoleName.LEADER || status.membership().isJoint()) {
      return Optional.empty();
    }
    MemberStep step = new MemberStep(status, settings);
    return step.learners().or(step::voters);
  }

  private Optional<Membership> learners() {
    Membership now = status.membership();
    List<Member> learners = new ArrayList<>(now.learners());
    learners.removeIf(this::leaves);
    settings.lastingMembers().stream()
        .map(member -> new Member(new ReplicaId(member.id()), member.id()))
        .filter(member -> !now.everybody().contains(member))
        .forEach(learners::add);
    return changed(new Membership(now.voters(), List.of(), learners));
  }

  private Optional<Membership> voters() {
    Membership now = status.membership();
    List<Member> voters = new ArrayList<>(now.voters());
    voters.removeIf(this::leaves);
    List<Member> learners = new ArrayList<>(now.learners());
    now.learners().stream()
        .filter(this::hasCaughtUp)
        .forEach(
            member -> {
              learners.remove(member);
              voters.add(member);
            });
    return changed(new Membership(voters, List.of(), learners))
        .filter(next -> isHeardByMajority(status, next.voters()));
  }

  private Optional<Membership> changed(Membership next) {
    return next.equals(status.membership()) ? Optional.empty() : Optional.of(next);
  }

  private boolean leaves(Member member) {
    return settings
        .member(member.replica().value())
        .filter(io.flotilla.placement.model.Member::removed)
        .isPresent();
  }

  private boolean hasCaughtUp(Member learner) {
    return status.peers().stream()
        .filter(peer -> peer.replica().equals(learner.replica()))
        .anyMatch(
            peer ->
                peer.recentlyActive()
                    && peer.state() == PeerState.REPLICATE
                    && peer.match() >= status.commitIndex());
  }

  /** Whether this leader hears most of these, if all there is to do is to go on with them. */
  static boolean isHeardByMajority(GroupStatus leader, List<Member> voters) {
    Set<ReplicaId> heard = new HashSet<>(Set.of(leader.replica()));
    leader.peers().stream()
        .filter(PeerStatus::recentlyActive)
        .forEach(peer -> heard.add(peer.replica()));
    Predicate<Member> isHeard = voter -> heard.contains(voter.replica());
    return 2 * voters.stream().filter(isHeard).count() > voters.size();
  }
}
