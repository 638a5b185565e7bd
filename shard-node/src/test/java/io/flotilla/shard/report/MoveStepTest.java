package io.flotilla.shard.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.map.Replica;
import io.flotilla.proto.placement.MoveOrder;
import io.flotilla.proto.placement.TransferOrder;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class MoveStepTest {
  /** Replica 2 is to become replica 9; replica n is on node n. */
  private static final MoveOrder ORDER =
      MoveOrder.newBuilder()
          .setJob(1)
          .setFrom(2)
          .setTo(Replica.newBuilder().setReplica(9).setNode(9))
          .build();

  /** Replica 9 is to come beside two others. */
  private static final MoveOrder ADDITION = ORDER.toBuilder().setFrom(0).setVoters(3).build();

  private static List<Member> members(long... ids) {
    return LongStream.of(ids).mapToObj(id -> new Member(new ReplicaId(id), id)).toList();
  }

  private static Membership with(List<Member> learners, long... voters) {
    return new Membership(members(voters), List.of(), learners);
  }

  private static Optional<MoveStep> next(long self, RoleName role, Membership membership) {
    return MoveStep.next(
        new GroupStatus(
            new ReplicaId(self),
            role,
            1,
            Optional.empty(),
            1,
            5,
            1,
            5,
            5,
            5,
            5,
            membership,
            List.of()),
        ORDER);
  }

  private static Optional<MoveStep> led(Membership membership) {
    return next(1, RoleName.LEADER, membership);
  }

  private static Optional<MoveStep> to(Membership membership) {
    return Optional.of(new MoveStep(Optional.of(membership)));
  }

  @Test
  void aLearnerFirstAndThenOneJointChange() {
    Membership first = with(members(), 1, 2, 3);
    Membership second = with(members(9), 1, 2, 3);
    assertThat(led(first)).isEqualTo(to(second));
    assertThat(led(second)).isEqualTo(to(with(members(), 1, 3, 9)));
    assertThat(led(with(members(), 1, 3, 9))).as("done").isEmpty();
  }

  @Test
  void whoIsAddedIsALearnerFirstAndThenAVoterBesideTheOthers() {
    assertThat(MoveStep.isDismissal(ADDITION)).isFalse();
    assertThat(added(with(members(), 1, 2))).isEqualTo(to(with(members(9), 1, 2)));
    assertThat(added(with(members(9), 1, 2))).isEqualTo(to(with(members(), 1, 2, 9)));
    assertThat(added(with(members(), 1, 2, 9))).as("done").isEmpty();
    assertThat(added(with(members(8), 1, 2))).as("old").isEqualTo(to(with(members(9), 1, 2)));
    MoveOrder second = ADDITION.toBuilder().setVoters(2).build();
    assertThat(MoveStep.next(status(with(members(9), 1)), second))
        .as("a leader that is alone stays and leads")
        .isEqualTo(to(with(members(), 1, 9)));
  }

  /** Replica 2 is lost. */
  @Test
  void whoIsLeftOutGoesAndNobodyComes() {
    MoveOrder order =
        ORDER.toBuilder().setTo(Replica.newBuilder().setReplica(2).setNode(2)).build();
    assertThat(MoveStep.next(status(with(members(9), 1, 2, 3)), order))
        .isEqualTo(to(with(members(), 1, 3)));
    assertThat(MoveStep.next(status(with(members(), 1, 3)), order)).as("done").isEmpty();
    Membership joint = new Membership(members(1, 3), members(1, 2, 3), List.of());
    assertThat(MoveStep.next(status(joint), order)).as("under way").isEmpty();
    MoveOrder itself =
        order.toBuilder().setFrom(1).setTo(Replica.newBuilder().setReplica(1).setNode(1)).build();
    assertThat(MoveStep.next(status(with(members(), 1, 2, 3)), itself))
        .as("who leads is not lost")
        .isEmpty();
  }

  @Test
  void whoIsAddedIsAddedToOneNumberOfVotersOnly() {
    assertThat(added(with(members(9), 1))).as("cut to one meanwhile").isEmpty();
    assertThat(added(with(members(9), 1, 2, 3))).as("another one came").isEmpty();
    assertThat(added(new Membership(members(1, 2, 9), members(1, 2), List.of()))).isEmpty();
    Member there = new Member(new ReplicaId(8), 9);
    List<Member> voters = Stream.concat(members(1).stream(), Stream.of(there)).toList();
    assertThat(added(Membership.of(voters))).as("its node has one").isEmpty();
  }

  private static Optional<MoveStep> added(Membership membership) {
    return MoveStep.next(status(membership), ADDITION);
  }

  @Test
  void whoIsJointWaits() {
    assertThat(led(new Membership(members(1, 3, 9), members(1, 2, 3), List.of()))).isEmpty();
  }

  @Test
  void aLearnerOfAnOrderThatWasGivenUpGoes() {
    assertThat(led(with(members(8), 1, 2, 3))).isEqualTo(to(with(members(9), 1, 2, 3)));
  }

  @Test
  void aLearnerWhoseJobIsOverIsDismissedAlone() {
    MoveOrder dismissal = MoveOrder.newBuilder().setTo(ORDER.getTo()).build();
    assertThat(MoveStep.isDismissal(dismissal)).isTrue();
    assertThat(MoveStep.isDismissal(ORDER)).isFalse();
    assertThat(MoveStep.next(status(with(members(8, 9), 1, 2, 3)), dismissal))
        .isEqualTo(to(with(members(8), 1, 2, 3)));
    assertThat(MoveStep.next(status(with(members(), 1, 2, 9)), dismissal))
        .as("it votes by now")
        .isEmpty();
    assertThat(MoveStep.next(status(with(members(), 1, 2, 3)), dismissal)).as("gone").isEmpty();
  }

  private static GroupStatus status(Membership membership) {
    return new GroupStatus(
        new ReplicaId(1),
        RoleName.LEADER,
        1,
        Optional.empty(),
        1,
        5,
        1,
        5,
        5,
        5,
        5,
        membership,
        List.of());
  }

  @Test
  void leadershipGoesToVotersOnlyAndNeverMeanwhile() {
    TransferOrder to3 = TransferOrder.newBuilder().setJob(1).setShard(1).setTo(3).build();
    TransferOrder to9 = to3.toBuilder().setTo(9).build();
    GroupStatus leader = status(with(members(9), 1, 2, 3));
    assertThat(Transfers.verdict(leader, to3)).isEqualTo(Transfers.Verdict.OBEY);
    assertThat(Transfers.verdict(leader, to9))
        .as("a learner has no vote")
        .isEqualTo(Transfers.Verdict.NEVER);
    assertThat(Transfers.verdict(leader, to3.toBuilder().setTo(1).build()))
        .as("it leads already")
        .isEqualTo(Transfers.Verdict.NOT_NOW);
    GroupStatus joint = status(new Membership(members(1, 3, 9), members(1, 2, 3), List.of()));
    assertThat(Transfers.verdict(joint, to3)).isEqualTo(Transfers.Verdict.NOT_NOW);
  }

  @Test
  void aLeaderThatIsToLeaveHandsOver() {
    assertThat(next(2, RoleName.LEADER, with(members(9), 1, 2, 3)))
        .isEqualTo(Optional.of(new MoveStep(Optional.empty())));
    assertThat(next(2, RoleName.LEADER, with(members(9), 2)))
        .as("there is nobody to take it")
        .isEqualTo(to(with(members(), 9)));
  }

  @Test
  void othersDoNothing() {
    for (RoleName role : RoleName.values()) {
      if (role != RoleName.LEADER) {
        assertThat(next(1, role, with(members(), 1, 2, 3))).as(role.name()).isEmpty();
      }
    }
  }

  @Test
  void noNodeGetsTwoReplicasOfAShard() {
    List<Member> alreadyThere = List.of(new Member(new ReplicaId(8), 9));
    List<Member> voters = Stream.concat(members(1, 2).stream(), alreadyThere.stream()).toList();
    assertThat(led(Membership.of(voters))).as("it votes").isEmpty();
    assertThat(led(new Membership(members(1, 2, 3), List.of(), alreadyThere)))
        .as("it only learns, and gives way")
        .isEqualTo(to(with(members(9), 1, 2, 3)));
    assertThat(led(new Membership(voters, List.of(), members(9)))).as("both are there").isEmpty();
  }

  @Test
  void anOrderThatIsOldFitsNowhere() {
    assertThat(led(with(members(), 1, 3, 4))).as("neither is there").isEmpty();
    assertThat(led(with(members(), 1, 2, 3, 9))).as("both are there").isEmpty();
  }
}
