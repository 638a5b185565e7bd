package io.flotilla.raft.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Who decides. Outside of a change {@code outgoing} is empty; during joint consensus (thesis §4.3)
 * a decision needs a majority of {@code voters} and a majority of {@code outgoing}. Lists are
 * sorted by replica id, in whatever order they are given.
 */
public record Membership(List<Member> voters, List<Member> outgoing, List<Member> learners) {
  /** A replica and the node it lives on; the core only carries the node's id along. */
  public record Member(ReplicaId replica, long node) {
    /**
     * @throws IllegalArgumentException if the node's id is not positive
     */
    public Member {
      if (node <= 0) {
        throw new IllegalArgumentException("a member's node must be positive, not " + node);
      }
    }
  }

  public Membership {
    voters = sorted(voters);
    outgoing = sorted(outgoing);
    learners = sorted(learners);
  }

  public static Membership of(List<Member> voters) {
    return new Membership(voters, List.of(), List.of());
  }

  public boolean isJoint() {
    return !outgoing.isEmpty();
  }

  /** Whether it has a say in at least one of the two majorities. */
  public boolean isVoter(ReplicaId replica) {
    return holds(voters, replica) || holds(outgoing, replica);
  }

  /** Whether it is a voter now and will be one when a change under way is done. */
  boolean isLastingVoter(ReplicaId replica) {
    return holds(voters, replica);
  }

  boolean holds(ReplicaId replica) {
    return isVoter(replica) || holds(learners, replica);
  }

  /**
   * The next membership on the way to {@code target}, which is not joint: itself if only learners
   * differ, since they decide nothing; otherwise a joint one (thesis §4.3).
   */
  Membership towards(Membership target) {
    List<Member> outgoing = target.voters.equals(voters) ? List.of() : voters;
    return new Membership(target.voters, outgoing, target.learners);
  }

  /** What a joint membership becomes once it is committed. */
  Membership left() {
    return new Membership(voters, List.of(), learners);
  }

  /** What is left of it when all but one replica, a voter, are lost. */
  Membership leaving(ReplicaId last) {
    List<Member> left = new ArrayList<>(everybody());
    left.removeIf(member -> !member.replica().equals(last));
    return of(left);
  }

  private static List<Member> sorted(List<Member> members) {
    List<Member> sorted = new ArrayList<>(members);
    sorted.sort(Comparator.comparing(Member::replica));
    return List.copyOf(sorted);
  }

  /** Everybody who is sent the log, each replica once. */
  public List<Member> everybody() {
    List<Member> all = new ArrayList<>(voters);
    for (Member member : outgoing) {
      if (!holds(voters, member.replica())) {
        all.add(member);
      }
    }
    for (Member member : learners) {
      if (!isVoter(member.replica())) {
        all.add(member);
      }
    }
    return all;
  }

  private static boolean holds(List<Member> members, ReplicaId replica) {
    for (Member member : members) {
      if (member.replica().equals(replica)) {
        return true;
      }
    }
    return false;
  }
}
