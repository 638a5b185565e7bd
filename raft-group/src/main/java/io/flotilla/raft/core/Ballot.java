package io.flotilla.raft.core;

import java.util.HashSet;
import java.util.Set;

/** One election's count. A voter counts once, with what it said first (§5.2). */
final class Ballot {
  enum Outcome {
    OPEN,
    WON,
    LOST
  }

  private final Membership membership;
  private final Set<ReplicaId> granted = new HashSet<>();
  private final Set<ReplicaId> refused = new HashSet<>();

  Ballot(Membership membership) {
    this.membership = membership;
  }

  /** Takes a reply to the count; whoever has no vote changes nothing. */
  Outcome record(ReplicaId from, boolean grant) {
    boolean isFirst = !granted.contains(from) && !refused.contains(from);
    if (isFirst && membership.isVoter(from)) {
      (grant ? granted : refused).add(from);
    }
    if (Quorum.reached(membership, granted::contains)) {
      return Outcome.WON;
    }
    return Quorum.reachable(membership, refused::contains) ? Outcome.OPEN : Outcome.LOST;
  }
}
