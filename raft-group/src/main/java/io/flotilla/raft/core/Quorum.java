package io.flotilla.raft.core;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Majorities, also joint ones (thesis §4.3): while a membership changes, whatever needs a majority
 * needs one of the incoming voters and one of the outgoing. Learners never count. No voters, no
 * majority.
 */
final class Quorum {
  private Quorum() {}

  static boolean reached(Membership membership, Predicate<ReplicaId> counts) {
    return majority(membership.voters(), counts)
        && (!membership.isJoint() || majority(membership.outgoing(), counts));
  }

  /** Whether {@code counts} can still come to hold for a quorum if it is false for these. */
  static boolean reachable(Membership membership, Predicate<ReplicaId> lost) {
    return reached(membership, lost.negate());
  }

  /** The highest index that a quorum has reached; {@code match} says how far each voter is. */
  static long agreed(Membership membership, ToLongFunction<ReplicaId> match) {
    long index = median(membership.voters(), match);
    return membership.isJoint() ? Math.min(index, median(membership.outgoing(), match)) : index;
  }

  private static boolean majority(List<Membership.Member> voters, Predicate<ReplicaId> counts) {
    int count = 0;
    for (Membership.Member voter : voters) {
      if (counts.test(voter.replica())) {
        count++;
      }
    }
    return count > voters.size() / 2;
  }

  /** Sorted upwards, the upper half including this element is a majority. */
  private static long median(List<Membership.Member> voters, ToLongFunction<ReplicaId> match) {
    if (voters.isEmpty()) {
      return 0;
    }
    long[] sorted = new long[voters.size()];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = match.applyAsLong(voters.get(i).replica());
    }
    Arrays.sort(sorted);
    return sorted[(sorted.length - 1) / 2];
  }
}
