package io.flotilla.raft.sim;

import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import java.util.ArrayList;
import java.util.List;

/** Which change of the membership a leader is asked for: any that leaves enough voters. */
final class MemberSchedule {
  private static final int VOTERS_MIN = 2;

  private final World world;

  MemberSchedule(World world) {
    this.world = world;
  }

  /** Some next membership, perhaps one that will be refused. */
  Membership after(Membership current) {
    List<Member> voters = new ArrayList<>(current.voters());
    List<Member> learners = new ArrayList<>(current.learners());
    if (world.chance().happens(0.5)) {
      addLearner(voters, learners);
    }
    if (world.chance().happens(0.5) && !current.learners().isEmpty()) {
      Member promoted = world.chance().oneOf(current.learners().toArray(Member[]::new));
      learners.remove(promoted);
      voters.add(promoted);
    }
    if (world.chance().happens(0.4) && voters.size() > VOTERS_MIN) {
      Member leaves = world.chance().oneOf(voters.toArray(Member[]::new));
      voters.remove(leaves);
      if (world.chance().happens(0.5)) {
        learners.add(leaves);
      }
    }
    if (world.chance().happens(0.1) && !learners.isEmpty()) {
      learners.remove(world.chance().below(learners.size()));
    }
    return new Membership(voters, List.of(), learners);
  }

  private void addLearner(List<Member> voters, List<Member> learners) {
    for (int id = 1; id <= world.hosts(); id++) {
      Member spare = MembershipRules.member(id);
      boolean isMember = voters.contains(spare) || learners.contains(spare);
      if (!isMember && !world.properties().members().wasMember(spare.replica())) {
        learners.add(spare);
        return;
      }
    }
  }
}
