package io.flotilla.shard.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Frozen;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.StorageException;
import io.flotilla.shard.kv.KvStore.Found;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which of the states that are found count, and which are kept for others. */
class InventoryTest {
  private static final long NODE = 2;

  /** As of version 5, frozen by entry 40. */
  private static final Found FROZEN = new Found(3, frozen(5, 40), 41);

  private static Shard shard(long version) {
    return Shard.newBuilder()
        .setId(7)
        .setEpoch(Epoch.newBuilder().setVersion(version).setConfVersion(1))
        .addReplicas(Replica.newBuilder().setNode(NODE).setReplica(72))
        .build();
  }

  private static Shard frozen(long version, long index) {
    return shard(version).toBuilder().setFrozen(Frozen.newBuilder().setIndex(index)).build();
  }

  private static Map<GroupId, RecoveredLog> log(long generation) {
    return Map.of(
        new GroupId(7),
        new RecoveredLog(
            new ReplicaId(72),
            generation,
            HardState.INITIAL,
            Position.ZERO,
            Membership.of(List.of()),
            List.of(),
            0,
            List.of()));
  }

  private static Inventory of(Map<GroupId, RecoveredLog> logs, Found... found)
      throws StorageException {
    return Inventory.of(List.of(found), logs, NODE);
  }

  @Test
  void whatALogNamesIsNoOthersToKeep() throws Exception {
    Inventory inventory = of(log(3), FROZEN);
    assertThat(inventory.live()).containsExactly(FROZEN);
    assertThat(inventory.pinned()).isEmpty();
    assertThat(inventory.kept()).containsExactly(FROZEN);
  }

  @Test
  void aFrozenStateWithoutALogIsKept() throws Exception {
    Inventory inventory = of(Map.of(), FROZEN);
    assertThat(inventory.live()).isEmpty();
    assertThat(inventory.withoutLog()).isEmpty();
    assertThat(inventory.pinned()).containsExactly(FROZEN);
    assertThat(inventory.kept()).containsExactly(FROZEN);
  }

  @Test
  void anotherStateWithoutALogIsNot() throws Exception {
    assertThat(of(Map.of(), new Found(3, shard(5), 41)).kept()).isEmpty();
    assertThat(of(Map.of(), new Found(3, frozen(5, 40), 0)).kept())
        .as("it has waited for an image")
        .isEmpty();
  }

  @Test
  void ofSeveralTheLastIsKept() throws Exception {
    Found later = new Found(2, frozen(7, 50), 50);
    assertThat(of(Map.of(), FROZEN, later).pinned()).containsExactly(later);
    assertThat(of(Map.of(), later, FROZEN).pinned()).containsExactly(later);
  }

  @Test
  void whereALaterStateHasALogTheFrozenOneGoes() throws Exception {
    for (Found live :
        List.of(
            new Found(9, frozen(5, 40), 43),
            new Found(9, shard(6), 44),
            new Found(9, shard(8), 60))) {
      assertThat(of(log(9), FROZEN, live).kept()).containsExactly(live);
    }
  }

  /** It may have the descriptor already, but not what the group then was. */
  @Test
  void whereOneOnlyWaitsForAnImageTheFrozenOneStays() throws Exception {
    for (Found live : List.of(new Found(9, frozen(5, 40), 0), new Found(9, shard(4), 20))) {
      Inventory inventory = of(log(9), FROZEN, live);
      assertThat(inventory.live()).containsExactly(live);
      assertThat(inventory.pinned()).containsExactly(FROZEN);
    }
  }

  @Test
  void aLogStillNeedsItsOwn() {
    assertThatThrownBy(() -> of(log(9), FROZEN))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("the log of shard 7 names generation 9");
  }
}
