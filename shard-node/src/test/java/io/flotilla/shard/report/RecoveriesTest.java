package io.flotilla.shard.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.placement.RecoverOrder;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which orders to go on alone a replica does not obey. */
class RecoveriesTest {
  private static final GroupStatus SEVEN = seven(3);

  /** Of which applied is what is given beside it. */
  private static GroupStatus seven(long lastTerm) {
    return new GroupStatus(
        new ReplicaId(7),
        RoleName.FOLLOWER,
        lastTerm,
        Optional.empty(),
        1,
        5,
        lastTerm,
        5,
        5,
        5,
        5,
        Membership.of(List.of(new Membership.Member(new ReplicaId(7), 1))),
        List.of());
  }

  private static Epoch epoch(long version, long confVersion) {
    return Epoch.newBuilder().setVersion(version).setConfVersion(confVersion).build();
  }

  private static Optional<String> refusal(long replica, Epoch expected, Epoch here) {
    RecoverOrder order =
        RecoverOrder.newBuilder().setReplica(replica).setExpected(expected).setLastTerm(3).build();
    return Recoveries.refusal(SEVEN, here, order);
  }

  @Test
  void anotherReplicaIsMeant() {
    assertThat(refusal(8, epoch(1, 4), epoch(1, 4)))
        .contains("the node holds replica 7, not replica 8");
  }

  @Test
  void aNewerEpochShowsThatTheGroupWasAlive() {
    assertThat(refusal(7, epoch(1, 4), epoch(1, 5)))
        .contains("the shard is at epoch 1.5 here, beyond 1.4: its group was alive");
    assertThat(refusal(7, epoch(1, 4), epoch(2, 1))).isPresent();
  }

  /** As after a restart: what is applied is of before the recovery, and the log is not. */
  @Test
  void whoHasObeyedAlreadyDoesNotObeyAnOldOrder() {
    long forced = 3 + (1L << 30);
    RecoverOrder order =
        RecoverOrder.newBuilder().setReplica(7).setExpected(epoch(1, 4)).setLastTerm(3).build();
    assertThat(Recoveries.refusal(seven(3), epoch(1, 4), order)).isEmpty();
    assertThat(Recoveries.refusal(seven(forced), epoch(1, 4), order))
        .contains(
            "its log ends in term %d here, beyond 3: its group was alive, or it has gone on already"
                .formatted(forced));
    assertThat(Recoveries.refusal(seven(4), epoch(1, 4), order)).as("somebody led").isPresent();
    RecoverOrder again = order.toBuilder().setLastTerm(forced).build();
    assertThat(Recoveries.refusal(seven(forced), epoch(1, 4), again)).as("lost again").isEmpty();
  }

  @Test
  void whoIsBehindObeys() {
    assertThat(refusal(7, epoch(1, 4), epoch(1, 4))).isEmpty();
    assertThat(refusal(7, epoch(1, 4), epoch(1, 3))).isEmpty();
    assertThat(refusal(7, epoch(2, 1), epoch(1, 9))).isEmpty();
  }
}
