package io.flotilla.shard.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.JobRefusal;
import io.flotilla.proto.placement.RecoverOrder;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.shard.host.HeldGroup;
import io.flotilla.shard.host.ShardHost;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of orders to go on alone, and what placement hears of it. */
class RecoveryOrdersTest {
  private static final Epoch EPOCH = Epoch.newBuilder().setVersion(1).setConfVersion(1).build();
  private static final Shard SHARD =
      Shard.newBuilder()
          .setId(7)
          .setKeyspace(1)
          .setEpoch(EPOCH)
          .addReplicas(Replica.newBuilder().setNode(1).setReplica(71))
          .addReplicas(Replica.newBuilder().setNode(2).setReplica(72))
          .build();
  private static final RecoverOrder ORDER =
      RecoverOrder.newBuilder()
          .setJob(5)
          .setShard(7)
          .setReplica(72)
          .setExpected(EPOCH)
          .setLastTerm(3)
          .build();

  @TempDir Path directory;
  private final HeldGroup group = new HeldGroup();
  private final Refused refused = new Refused();
  private final Control control = new Control(Control.newThread(), this::fail);
  private KvStore store;
  private Recoveries recoveries;

  private void fail(Throwable failure) {
    throw new AssertionError(failure);
  }

  @BeforeEach
  void open() throws Exception {
    group.self = new ReplicaId(72);
    store = KvStore.open(directory, KvStoreConfig.DEFAULT);
    ShardHost host = new ShardHost(2, store, (spec, state) -> group, Runnable::run, this::fail);
    host.offer(List.of(SHARD));
    recoveries = new Recoveries(host, control, refused);
  }

  @AfterEach
  void close() throws Exception {
    control.close();
    store.close();
  }

  /** On the control thread, after all that was put there before. */
  private void obey(RecoverOrder order) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    control.run(
        () -> {
          recoveries.obey(List.of(order));
          done.complete(null);
        });
    done.join();
  }

  private static JobRefusal refusal(String why) {
    return JobRefusal.newBuilder().setJob(5).setWhy(why).build();
  }

  @Test
  void whatIsUnderWayIsNotBegunAgain() {
    obey(ORDER);
    obey(ORDER);
    assertThat(group.recoveries).hasSize(1);
    group.recoveries.get(0).completeExceptionally(RaftException.refused(new Refusal.Overloaded()));
    obey(ORDER);
    assertThat(group.recoveries).as("it only had to wait").hasSize(2);
    assertThat(refused.unheard()).isEmpty();
  }

  @Test
  void whoIsAloneHasNothingLeftToDo() {
    group.membership = Membership.of(List.of(new Membership.Member(new ReplicaId(72), 2)));
    obey(ORDER);
    assertThat(group.recoveries).isEmpty();
    assertThat(refused.unheard()).isEmpty();
  }

  @Test
  void aGroupThatIsAliveIsLeftAsItIs() {
    obey(ORDER);
    group
        .recoveries
        .get(0)
        .completeExceptionally(RaftException.refused(new Refusal.LeaderHeard(new ReplicaId(71))));
    obey(ORDER);
    assertThat(refused.unheard()).containsExactly(refusal("replica 71 leads it"));
    assertThat(group.recoveries).hasSize(1);
  }

  @Test
  void whoHasStoppedIsNotAskedAgain() {
    group.stopped = Optional.of(new IllegalStateException("its log lacks 3"));
    obey(ORDER);
    assertThat(refused.unheard())
        .containsExactly(refusal("replica 72 has stopped: its log lacks 3"));
    assertThat(group.recoveries).isEmpty();
  }

  /** It stops while it is asked, or after: it would never be elected. */
  @Test
  void noMoreThanWhoStopsWhenItIsAlone() {
    obey(ORDER);
    group.membership = Membership.of(List.of(new Membership.Member(new ReplicaId(72), 2)));
    group.stopped = Optional.of(new IllegalStateException("its log lacks 3"));
    group
        .recoveries
        .get(0)
        .completeExceptionally(RaftException.unknownOutcome("the replica stopped"));
    obey(ORDER);
    assertThat(refused.unheard())
        .containsExactly(refusal("replica 72 has stopped: its log lacks 3"));
    assertThat(group.recoveries).hasSize(1);
  }

  /** As at a start that finds its log damaged: it is not opened then. */
  @Test
  void whoIsNotHereAnyMoreIsNotAwaited() {
    obey(ORDER.toBuilder().setShard(8).build());
    assertThat(refused.unheard())
        .containsExactly(refusal("the node has lost its replica of shard 8"));
  }
}
