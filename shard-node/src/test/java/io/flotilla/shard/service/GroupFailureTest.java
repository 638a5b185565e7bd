package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcServer;
import io.flotilla.shard.host.HeldGroup;
import io.flotilla.shard.host.NodeTable;
import io.flotilla.shard.host.ShardHost;
import io.flotilla.shard.kv.KvRound;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a caller hears of what its group fails. A read that fails when it is its turn has no outcome
 * that could be unknown.
 */
class GroupFailureTest {
  private static final String CLUSTER = "group-failure-test";
  private static final Epoch EPOCH = Epoch.newBuilder().setVersion(1).build();
  private static final Shard SHARD =
      Shard.newBuilder()
          .setId(7)
          .setEpoch(EPOCH)
          .addReplicas(Replica.newBuilder().setNode(1).setReplica(71))
          .build();

  @TempDir Path directory;
  private final List<Throwable> fatal = new CopyOnWriteArrayList<>();
  private final Parts parts = new Parts();
  private final HeldGroup group = new HeldGroup();
  private final List<StateMachine<KvRound>> machines = new ArrayList<>();
  private KvStore store;
  private TestClient client;
  private String address;

  @BeforeEach
  void open() throws Exception {
    NetThreads threads = parts.add(new NetThreads(1, "group-failure"));
    store = parts.add(KvStore.open(directory, KvStoreConfig.DEFAULT));
    ShardHost host = new ShardHost(1, store, this::hold, Runnable::run, fatal::add);
    host.offer(List.of(SHARD));
    ReadPool pool = parts.add(new ReadPool(1, 10));
    RpcServer server = parts.add(new RpcServer(threads, new Hello(CLUSTER, Hello.Role.NODE, 1)));
    new KvService(
            host, new NodeTable(), pool, ServiceConfig.DEFAULT, Clocks.of(() -> 0), fatal::add)
        .handleOn(server);
    address = "127.0.0.1:" + server.listen("127.0.0.1", 0);
    client = parts.add(new TestClient(CLUSTER, () -> List.of(SHARD), () -> List.of(address)));
  }

  private HeldGroup hold(GroupSpec spec, StateMachine<KvRound> state) {
    machines.add(state);
    return group;
  }

  @AfterEach
  void close() throws Exception {
    parts.close();
  }

  /** The service has taken it, and it waits for its barrier. */
  private CompletableFuture<ReadReply> ask() {
    ReadRequest request =
        ReadRequest.newBuilder()
            .setShard(SHARD.getId())
            .setEpoch(EPOCH)
            .addKeys(FakePlacement.key("k"))
            .build();
    CompletableFuture<ReadReply> asked =
        client.rpc.call(address, RpcMethods.KV_READ, request, TestClient.CALL);
    await().until(() -> !group.barriers.isEmpty());
    return asked;
  }

  private CompletableFuture<WriteReply> write() {
    WriteRequest request =
        WriteRequest.newBuilder()
            .setShard(SHARD.getId())
            .setEpoch(EPOCH)
            .setClientLow(1)
            .setAckedBelow(1)
            .setNotAfterMillis(3_600_000)
            .addWrites(
                Write.newBuilder()
                    .setSeq(1)
                    .setOperation(TestClient.incrementOf(FakePlacement.key("k"))))
            .build();
    CompletableFuture<WriteReply> asked =
        client.rpc.call(address, RpcMethods.KV_WRITE, request, TestClient.CALL);
    await().until(() -> !group.answers.isEmpty());
    return asked;
  }

  private static RpcException why(CompletableFuture<?> asked) {
    CompletionException refused = catchThrowableOfType(CompletionException.class, asked::join);
    return (RpcException) refused.getCause();
  }

  private static ErrorCode refusal(CompletableFuture<?> asked) {
    return why(asked).code();
  }

  @Test
  void whatThereIsNoRoomForMayComeBackInAWhile() {
    RaftException full = RaftException.refused(new Refusal.Overloaded());
    CompletableFuture<ReadReply> read = ask();
    group.barriers.get(0).completeExceptionally(full);
    CompletableFuture<WriteReply> write = write();
    group.answers.get(0).completeExceptionally(full);
    for (CompletableFuture<?> asked : List.of(read, write)) {
      ErrorDetail told = why(asked).detail();
      assertThat(told.getCode()).isEqualTo(ErrorCode.OVERLOADED.number());
      assertThat(told.getRetryAfterMillis()).isPositive();
    }
    assertThat(fatal).isEmpty();
  }

  /** Other than one that was refused. */
  @Test
  void aWriteOfWhichTheGroupDoesNotKnowTheEndIsNotCalledRefused() {
    CompletableFuture<WriteReply> write = write();
    group.answers.get(0).completeExceptionally(RaftException.unknownOutcome("closed"));
    assertThat(refusal(write)).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
  }

  @Test
  void aReadOfAShardThatHasLeftMeanwhileLooksElsewhere() {
    CompletableFuture<ReadReply> asked = ask();
    group.removed.complete(null);
    group.barriers.get(0).complete(40L);
    assertThat(refusal(asked)).isEqualTo(ErrorCode.NO_SUCH_SHARD);
    assertThat(fatal).isEmpty();
  }

  /**
   * It was admitted before, but would be shown what the new shard has meanwhile, or has not yet.
   */
  @Test
  void aReadOfAShardThatWasCutInTwoMeanwhileHearsOfBothSides() throws Exception {
    CompletableFuture<ReadReply> asked = ask();
    SplitEntry split =
        SplitEntry.newBuilder()
            .setExpected(EPOCH)
            .setAt(FakePlacement.key("f"))
            .setNewShard(8)
            .addNewReplicas(Replica.newBuilder().setNode(1).setReplica(81))
            .build();
    byte[] command = Command.newBuilder().setSplit(split).build().toByteArray();
    try (KvRound round = store.newRound()) {
      StateMachine<KvRound> machine = machines.get(0);
      long index = machine.appliedIndex() + 1;
      machine.apply(List.of(new Entry(index, 2, Entry.Kind.COMMAND, command)), round);
      round.commit();
    }
    group.barriers.get(0).complete(40L);
    RpcException why = why(asked);
    assertThat(why.code()).isEqualTo(ErrorCode.STALE_EPOCH);
    assertThat(why.detail().getShardsList())
        .extracting(Shard::getId, shard -> shard.getEpoch().getVersion())
        .containsExactly(tuple(7L, 2L), tuple(8L, 2L));
  }

  @Test
  void aReadThatMeetsAFailingDiskEndsTheNode() throws Exception {
    CompletableFuture<ReadReply> asked = ask();
    store.close();
    group.barriers.get(0).complete(40L);
    assertThat(refusal(asked)).isEqualTo(ErrorCode.UNAVAILABLE);
    await().until(() -> !fatal.isEmpty());
    assertThat(fatal.get(0)).isInstanceOf(StorageException.class);
  }

  @Test
  void aReadThatMeetsABugSaysSo() {
    CompletableFuture<ReadReply> asked = ask();
    group.barriers.get(0).completeExceptionally(new IllegalStateException("a bug"));
    assertThat(refusal(asked)).isEqualTo(ErrorCode.INTERNAL);
    assertThat(fatal).isEmpty();
  }
}
