package io.flotilla.raft.sim;

import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Which change of the membership a leader is asked for: any that leaves enough voters. */
final class MemberSchedule {
  private static final int VOTERS_MIN = 2;

  private final Chance chance;
  private final Function<Membership, Optional<Member>> spares;

  /**
   * @param spares who could join such a membership, if there is anybody
   */
  MemberSchedule(Chance chance, Function<Membership, Optional<Member>> spares) {
    this.chance = chance;
    this.spares = spares;
  }

  /** Of a group whose replicas are numbered as their hosts are. */
  static MemberSchedule of(World world) {
    return new MemberSchedule(world.chance(), current -> spare(world, current));
  }

  private static Optional<Member> spare(World world, Membership current) {
    for (int id = 1; id <= world.hosts(); id++) {
      Member spare = MembershipRules.member(id);
      if (!MembershipRules.holds(current, spare.replica())
          && !world.properties().members().wasMember(spare.replica())) {
        return Optional.of(spare);
      }
    }
    return Optional.empty();
  }

  /** Some next membership, perhaps one that will be refused. */
  Membership after(Membership current) {
    List<Member> voters = new ArrayList<>(current.voters());
    List<Member> learners = new ArrayList<>(current.learners());
    if (chance.happens(0.5)) {
      spares.apply(current).ifPresent(learners::add);
    }
    if (chance.happens(0.5) && !current.learners().isEmpty()) {
      Member promoted = chance.oneOf(current.learners().toArray(Member[]::new));
      learners.remove(promoted);
      voters.add(promoted);
    }
    if (chance.happens(0.4) && voters.size() > VOTERS_MIN) {
      Member leaves = chance.oneOf(voters.toArray(Member[]::new));
      voters.remove(leaves);
      if (chance.happens(0.5)) {
        learners.add(leaves);
      }
    }
    if (chance.happens(0.1) && !learners.isEmpty()) {
      learners.remove(chance.below(learners.size()));
    }
    return new Membership(voters, List.of(), learners);
  }
}
