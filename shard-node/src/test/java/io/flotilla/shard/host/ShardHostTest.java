package io.flotilla.shard.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.ReplicaLostException;
import io.flotilla.shard.kv.KvStateMachine;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import io.flotilla.shard.kv.Members;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which replicas a node opens, and as what. */
class ShardHostTest {
  private static final long NODE = 2;

  /** With replica 71 on node 1 and 72 on node 2. */
  private static final Shard SHARD =
      Shard.newBuilder()
          .setId(7)
          .setEpoch(Epoch.newBuilder().setVersion(1).setConfVersion(1))
          .addReplicas(Replica.newBuilder().setNode(1).setReplica(71))
          .addReplicas(Replica.newBuilder().setNode(2).setReplica(72))
          .setPreferredLeader(72)
          .build();

  private record Opened(GroupSpec spec, long applied, HeldGroup group) {}

  @TempDir Path directory;
  private final List<Opened> opened = new ArrayList<>();
  private final Queue<Runnable> opener = new ArrayDeque<>();
  private boolean losesAll;
  private KvStore store;
  private ShardHost host;

  @BeforeEach
  void open() throws StorageException {
    store = KvStore.open(directory, KvStoreConfig.DEFAULT);
    host = host();
  }

  @AfterEach
  void close() throws StorageException {
    store.close();
  }

  private ShardHost host() {
    return new ShardHost(
        NODE,
        store,
        (spec, state) -> {
          if (losesAll) {
            throw new ReplicaLostException("lost");
          }
          HeldGroup group = new HeldGroup();
          group.self = spec.self();
          opened.add(new Opened(spec, state.appliedIndex(), group));
          return last().group();
        },
        opener::add,
        failure -> {
          throw new AssertionError(failure);
        });
  }

  private Opened last() {
    return opened.get(opened.size() - 1);
  }

  private static Shard joined(long replica) {
    return SHARD.toBuilder()
        .setEpoch(Epoch.newBuilder().setVersion(1).setConfVersion(4))
        .setReplicas(1, replica(replica))
        .build();
  }

  private static Replica replica(long id) {
    return Replica.newBuilder().setNode(NODE).setReplica(id).build();
  }

  @Test
  void theFirstReplicasBeginBehindTheSamePlace() throws Exception {
    assertThat(host.offer(List.of(SHARD))).isEqualTo(1);
    assertThat(last().spec().self()).isEqualTo(new ReplicaId(72));
    assertThat(last().spec().initial()).isEqualTo(Members.first(SHARD));
    assertThat(last().spec().begin()).isEqualTo(KvStateMachine.BEGIN);
    assertThat(last().spec().campaignFirst()).isTrue();
    assertThat(last().applied()).isEqualTo(KvStateMachine.BEGIN.index());
    assertThat(host.offer(List.of(SHARD))).as("once").isZero();
  }

  @Test
  void whoJoinsLaterKnowsNothing() throws Exception {
    host.join(SHARD, replica(73));
    assertJoins(73);
    host.join(SHARD, replica(73));
    assertThat(opened).as("once").hasSize(1);
  }

  @Test
  void soDoesWhoFindsItselfInALaterDescriptor() throws Exception {
    assertThat(host.offer(List.of(joined(73)))).isEqualTo(1);
    assertJoins(73);
  }

  /** Its order came late: the job is over, and no leader has ever heard of it. */
  @Test
  void whoIsNotExpectedAnyMoreAsksWhetherItIsRemoved() throws Exception {
    host.join(SHARD, replica(73));
    HeldGroup group = last().group();
    group.membership = Membership.of(List.of());
    host.doubtAllButExpected(Set.of(73L));
    assertThat(group.doubts).isEmpty();
    host.doubtAllButExpected(Set.of());
    assertThat(group.doubts).containsExactly(Members.of(SHARD));
    group.membership = Members.first(SHARD);
    host.doubtAllButExpected(Set.of());
    assertThat(group.doubts).as("who knows its group hears from it").hasSize(1);
  }

  /** Who led when it was to come may not any more, nor even be a member. */
  @Test
  void itAsksThoseWhoAreMembersByNow() throws Exception {
    host.join(SHARD, replica(73));
    HeldGroup group = last().group();
    group.membership = Membership.of(List.of());
    Shard later = joined(75);
    host.join(later, replica(75));
    host.doubtAllButExpected(Set.of(75L));
    assertThat(group.doubts).as("of the order, and of who is not expected").hasSize(2);
    assertThat(group.doubts).containsOnly(Members.of(later));
    Shard latest =
        joined(76).toBuilder().setEpoch(later.getEpoch().toBuilder().setConfVersion(9)).build();
    host.offer(List.of(latest));
    host.offer(List.of(later));
    host.doubtAllButExpected(Set.of());
    assertThat(group.doubts.get(2)).isEqualTo(Members.of(latest));
  }

  private void assertJoins(long replica) {
    assertThat(last().spec().self()).isEqualTo(new ReplicaId(replica));
    assertThat(last().spec().initial()).isEqualTo(Membership.of(List.of()));
    assertThat(last().spec().begin()).isEqualTo(Position.ZERO);
    assertThat(last().spec().campaignFirst()).isFalse();
    assertThat(last().applied()).isZero();
  }

  @Test
  void afterARestartTheLogSaysWhoItIs() throws Exception {
    host.join(SHARD, replica(73));
    GroupSpec before = last().spec();
    RecoveredLog log =
        new RecoveredLog(
            before.self(),
            before.generation(),
            HardState.INITIAL,
            Position.ZERO,
            before.initial(),
            List.of(),
            0,
            List.of());
    host = host();
    host.recover(Map.of(new GroupId(7), log));
    assertThat(opened).hasSize(2);
    assertThat(last().spec()).as("though the descriptor does not name it").isEqualTo(before);
    assertThat(host.offer(List.of(SHARD))).isZero();
  }

  @Test
  void whoWasRemovedStaysAwayAndALaterOneMayCome() throws Exception {
    host.offer(List.of(SHARD));
    last().group().removed.complete(null);
    assertThat(host.shards()).isEmpty();
    assertThat(host.offer(List.of(SHARD))).isZero();
    host.join(SHARD, replica(72));
    assertThat(opened).hasSize(1);
    host.join(SHARD, replica(75));
    assertJoins(75);
    assertThat(host.shards()).hasSize(1);
  }

  @Test
  void whoIsInTheWayOfALaterOneAsksWhetherItWasRemoved() throws Exception {
    host.join(SHARD, replica(73));
    HeldGroup first = last().group();
    host.join(SHARD, replica(73));
    assertThat(first.doubts).isEmpty();
    host.join(SHARD, replica(75));
    assertThat(first.doubts).containsExactly(Members.of(SHARD));
    assertThat(opened).as("both cannot be here").hasSize(1);
    first.removed.complete(null);
    host.join(SHARD, replica(75));
    assertJoins(75);
  }

  @Test
  void aMemberThatALaterDescriptorLeavesOutAsksWhetherItWasRemoved() throws Exception {
    host.offer(List.of(SHARD));
    HeldGroup group = last().group();
    Shard without = joined(75);
    host.offer(List.of(SHARD, joined(72)));
    assertThat(group.doubts).isEmpty();
    host.offer(List.of(without));
    assertThat(group.doubts).containsExactly(Members.of(without));
    group.membership = Membership.of(List.of());
    host.offer(List.of(without));
    assertThat(group.doubts).as("who has not been a member yet may become one").hasSize(1);
  }

  /** Who removed it has ended before it told, and nobody who leads knows of it. */
  @Test
  void whoKnowsOfItsRemovalByItsLogAsks() throws Exception {
    host.offer(List.of(SHARD));
    HeldGroup group = last().group();
    Shard without = SHARD.toBuilder().clearReplicas().addReplicas(SHARD.getReplicas(0)).build();
    assertThat(without.getReplicasList()).doesNotContain(replica(72));
    host.offer(List.of(without));
    assertThat(group.doubts).as("on its way in: the map does not know yet").isEmpty();
    group.membership = Members.first(without);
    host.offer(List.of(without));
    host.offerWaiting();
    assertThat(group.doubts).hasSize(2).containsOnly(Members.of(without));
    host.offer(List.of(SHARD));
    host.offerWaiting();
    assertThat(group.doubts).hasSize(2);
  }

  /** The map says it once, and a question, or its answer, may be lost. */
  @Test
  void whoMayBeLeftOutAsksAgainUntilItKnows() throws Exception {
    host.offer(List.of(SHARD));
    HeldGroup group = last().group();
    Shard without = joined(75);
    host.offer(List.of(without));
    host.offerWaiting();
    assertThat(group.doubts).hasSize(2).containsOnly(Members.of(without));
    group.removed.complete(null);
    host.offerWaiting();
    assertThat(group.doubts).hasSize(2);
  }

  @Test
  void anOlderDescriptorRaisesNoDoubts() throws Exception {
    host.offer(List.of(joined(76)));
    HeldGroup group = last().group();
    group.membership = Membership.of(List.of(new Membership.Member(new ReplicaId(76), NODE)));
    host.offer(List.of(SHARD));
    assertThat(group.doubts).isEmpty();
  }

  @Test
  void whoIsLostIsNotAskedForAgain() throws Exception {
    losesAll = true;
    host.offer(List.of(SHARD));
    assertThat(host.shards()).isEmpty();
    losesAll = false;
    assertThat(host.offer(List.of(SHARD))).isZero();
    assertThat(opened).isEmpty();
    assertThat(host.offer(List.of(joined(76)))).isEqualTo(1);
    assertJoins(76);
  }
}
