package io.flotilla.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Against the definition: a quorum is more than half of the voters, and of the outgoing ones if
 * there are any.
 */
class QuorumTest {
  private static final int REPLICAS = 5;
  private static final long HIGHEST = 3;

  @Test
  void reachedIsTheDefinitionForAllMembershipsAndSets() {
    for (Membership membership : memberships()) {
      for (int yes = 0; yes < 1 << REPLICAS; yes++) {
        Set<ReplicaId> counted = ids(yes);
        assertThat(Quorum.reached(membership, counted::contains))
            .describedAs("%s of %s", counted, membership)
            .isEqualTo(holds(membership, counted));
      }
    }
  }

  @Test
  void reachableUnlessWhoeverIsLeftIsNoQuorum() {
    for (Membership membership : memberships()) {
      for (int no = 0; no < 1 << REPLICAS; no++) {
        Set<ReplicaId> others = ids(~no);
        assertThat(Quorum.reachable(membership, ids(no)::contains))
            .isEqualTo(holds(membership, others));
      }
    }
  }

  @Test
  void agreedIsTheHighestIndexThatAQuorumHas() {
    for (Membership membership : memberships()) {
      for (int code = 0; code < Math.pow(HIGHEST + 1, REPLICAS); code += 7) {
        long[] match = digits(code);
        long expected = 0;
        for (long index = 1; index <= HIGHEST; index++) {
          if (holds(membership, reaching(match, index))) {
            expected = index;
          }
        }
        assertThat(Quorum.agreed(membership, id -> match[(int) id.value() - 1]))
            .describedAs("%s in %s", match, membership)
            .isEqualTo(expected);
      }
    }
  }

  /** With the voters alone, or the union, 1 and 2 would do. */
  @Test
  void jointConsensusNeedsBothMajorities() {
    Membership joint = new Membership(members(0b00111), members(0b11100), List.of());
    assertThat(Quorum.reached(joint, ids(0b00011)::contains)).isFalse();
    assertThat(Quorum.reached(joint, ids(0b01011)::contains)).isFalse();
    assertThat(Quorum.reached(joint, ids(0b01101)::contains)).isTrue();
  }

  @Test
  void noVotersNoMajority() {
    Membership nobody = new Membership(List.of(), List.of(), members(0b111));
    assertThat(Quorum.reached(nobody, id -> true)).isFalse();
    assertThat(Quorum.agreed(nobody, id -> 7)).isZero();
  }

  private static boolean holds(Membership membership, Set<ReplicaId> counted) {
    return more(membership.voters(), counted)
        && (membership.outgoing().isEmpty() || more(membership.outgoing(), counted));
  }

  private static boolean more(List<Membership.Member> voters, Set<ReplicaId> counted) {
    return 2 * voters.stream().filter(voter -> counted.contains(voter.replica())).count()
        > voters.size();
  }

  private static List<Membership> memberships() {
    List<Membership> all = new ArrayList<>();
    for (int voters = 1; voters < 1 << REPLICAS; voters++) {
      for (int outgoing = 0; outgoing < 1 << REPLICAS; outgoing++) {
        int learners = ~(voters | outgoing) & ((1 << REPLICAS) - 1);
        all.add(new Membership(members(voters), members(outgoing), members(learners)));
      }
    }
    return all;
  }

  private static List<Membership.Member> members(int bits) {
    return ids(bits).stream().sorted().map(id -> new Membership.Member(id, id.value())).toList();
  }

  private static Set<ReplicaId> ids(int bits) {
    return LongStream.rangeClosed(1, REPLICAS)
        .filter(id -> (bits >> (id - 1) & 1) == 1)
        .mapToObj(ReplicaId::new)
        .collect(Collectors.toSet());
  }

  private static Set<ReplicaId> reaching(long[] match, long index) {
    return LongStream.rangeClosed(1, REPLICAS)
        .filter(id -> match[(int) id - 1] >= index)
        .mapToObj(ReplicaId::new)
        .collect(Collectors.toSet());
  }

  private static long[] digits(int code) {
    long[] digits = new long[REPLICAS];
    for (int i = 0; i < REPLICAS; i++, code /= (int) HIGHEST + 1) {
      digits[i] = code % (HIGHEST + 1);
    }
    return digits;
  }
}
