package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.Settings;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.PeerState;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What the leader, member 1, does next; its log is committed up to 50. */
final class MemberStepTest {
  private final List<PeerStatus> peers = new ArrayList<>();
  private Settings wanted = Settings.INITIAL;

  @Test
  void whoComesLearnsFirst() {
    want(1, 2, 3, 4);
    hear(2, 3);
    assertThat(next(voters(1, 2, 3)))
        .contains(new Membership(members(1, 2, 3), List.of(), members(4)));
  }

  @Test
  void whoHasTheLogGetsAVote() {
    want(1, 2, 3, 4);
    hear(2, 3);
    Membership learning = new Membership(members(1, 2, 3), List.of(), members(4));
    assertThat(next(learning)).as("it has not come").isEmpty();
    peers.add(peer(4, 49, PeerState.REPLICATE, true));
    assertThat(next(learning)).as("one entry is missing").isEmpty();
    peers.set(2, peer(4, 50, PeerState.PROBE, true));
    assertThat(next(learning)).as("it is not known what it has").isEmpty();
    peers.set(2, peer(4, 50, PeerState.REPLICATE, false));
    assertThat(next(learning)).as("it is not heard").isEmpty();
    peers.set(2, peer(4, 50, PeerState.REPLICATE, true));
    assertThat(next(learning)).contains(voters(1, 2, 3, 4));
  }

  @Test
  void whoLeavesGoesEvenIfItLeads() {
    want(1, 2, 3);
    wanted = wanted.withoutMember(1);
    hear(2, 3);
    assertThat(next(voters(1, 2, 3))).contains(voters(2, 3));
  }

  @Test
  void whoNeverCameGoesAsALearner() {
    want(1, 2, 3, 4);
    wanted = wanted.withoutMember(4);
    hear(2, 3);
    assertThat(next(new Membership(members(1, 2, 3), List.of(), members(4))))
        .contains(voters(1, 2, 3));
  }

  @Test
  void nothingBeginsThatCouldNotEnd() {
    want(1, 2, 3);
    wanted = wanted.withoutMember(2);
    hear(2);
    assertThat(next(voters(1, 2, 3))).as("3 is silent").isEmpty();
    hear(3);
    assertThat(next(voters(1, 2, 3))).contains(voters(1, 3));
    assertThat(next(new Membership(members(1, 3), members(1, 2, 3), List.of())))
        .as("a change is under way")
        .isEmpty();
  }

  @Test
  void onlyTheLeaderActsAndOnlyOnWhatIsKnown() {
    want(1, 2);
    hear(2, 3);
    assertThat(next(voters(1, 2, 3))).as("nothing is said of 3").isEmpty();
    want(3, 4);
    GroupStatus follower = status(voters(1, 2, 3), RoleName.FOLLOWER);
    assertThat(MemberStep.next(follower, wanted)).isEmpty();
  }

  private void want(long... ids) {
    for (long id : ids) {
      wanted =
          wanted.withMember(new io.flotilla.placement.model.Member(id, "h:" + (7400 + id), false));
    }
  }

  private void hear(long... ids) {
    for (long id : ids) {
      peers.add(peer(id, 50, PeerState.REPLICATE, true));
    }
  }

  private static PeerStatus peer(long id, long match, PeerState state, boolean heard) {
    return new PeerStatus(new ReplicaId(id), match, match, match, state, heard);
  }

  private Optional<Membership> next(Membership now) {
    return MemberStep.next(status(now, RoleName.LEADER), wanted);
  }

  private GroupStatus status(Membership now, RoleName role) {
    ReplicaId self = new ReplicaId(1);
    return new GroupStatus(self, role, 3, Optional.of(self), 1, 50, 3, 50, 50, 50, 50, now, peers);
  }

  private static Membership voters(long... ids) {
    return Membership.of(members(ids));
  }

  private static List<Member> members(long... ids) {
    return LongStream.of(ids).mapToObj(id -> new Member(new ReplicaId(id), id)).toList();
  }
}
