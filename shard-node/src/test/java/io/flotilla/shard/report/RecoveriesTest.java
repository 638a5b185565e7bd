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
  private static final GroupStatus SEVEN =
      new GroupStatus(
          new ReplicaId(7),
          RoleName.FOLLOWER,
          3,
          Optional.empty(),
          1,
          5,
          3,
          5,
          5,
          5,
          5,
          Membership.of(List.of(new Membership.Member(new ReplicaId(7), 1))),
          List.of());

  private static Epoch epoch(long version, long confVersion) {
    return Epoch.newBuilder().setVersion(version).setConfVersion(confVersion).build();
  }

  private static Optional<String> refusal(long replica, Epoch expected, Epoch here) {
    RecoverOrder order =
        RecoverOrder.newBuilder().setReplica(replica).setExpected(expected).build();
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

  @Test
  void whoIsBehindObeys() {
    assertThat(refusal(7, epoch(1, 4), epoch(1, 4))).isEmpty();
    assertThat(refusal(7, epoch(1, 4), epoch(1, 3))).isEmpty();
    assertThat(refusal(7, epoch(2, 1), epoch(1, 9))).isEmpty();
  }
}
