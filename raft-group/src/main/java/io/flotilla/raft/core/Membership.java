package io.flotilla.raft.core;

import java.util.List;

/**
 * Who decides. Outside of a change {@code outgoing} is empty; during joint consensus (thesis §4.3)
 * a decision needs a majority of {@code voters} and a majority of {@code outgoing}. Lists are
 * sorted by replica id.
 */
public record Membership(List<Member> voters, List<Member> outgoing, List<Member> learners) {
  /** A replica and the node it lives on; the core only carries the node's id along. */
  public record Member(ReplicaId replica, long node) {}

  public Membership {
    voters = List.copyOf(voters);
    outgoing = List.copyOf(outgoing);
    learners = List.copyOf(learners);
  }

  public static Membership of(List<Member> voters) {
    return new Membership(voters, List.of(), List.of());
  }

  public boolean isJoint() {
    return !outgoing.isEmpty();
  }
}
