package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.ReadLevel;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.shard.host.HeldGroup;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.host.ShardHost;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The rule of each read level, one group in hand. */
class ReadGateTest {
  private static final long FAR = System.nanoTime() + TimeUnit.HOURS.toNanos(1);
  private static final Duration BOUND = Duration.ofMillis(100);

  @TempDir Path directory;
  private final HeldGroup group = new HeldGroup();
  private static final Clocks CLOCKS = Clocks.of(System::currentTimeMillis);

  private final ReadGate patient = new ReadGate(Duration.ofHours(1), CLOCKS);
  private final ReadGate hasty = new ReadGate(Duration.ZERO, CLOCKS);
  private KvStore store;
  private HostedShard shard;

  @BeforeEach
  void open() throws StorageException {
    store = KvStore.open(directory, KvStoreConfig.DEFAULT);
    ShardHost host = new ShardHost(1, store, (spec, state) -> group, Runnable::run, failure -> {});
    host.offer(
        List.of(
            Shard.newBuilder()
                .setId(7)
                .setEnd(ByteString.copyFromUtf8("z"))
                .setEpoch(Epoch.newBuilder().setVersion(1))
                .addReplicas(Replica.newBuilder().setNode(1).setReplica(71))
                .build()));
    shard = host.find(7);
  }

  @AfterEach
  void close() throws StorageException {
    store.close();
  }

  private static ReadDemand demand(ReadLevel level) {
    return new ReadDemand(level, 0, Optional.empty());
  }

  private static ReadDemand session(long minApplied) {
    return new ReadDemand(ReadLevel.SESSION, minApplied, Optional.empty());
  }

  private static ReadDemand stale(Duration bound) {
    return new ReadDemand(ReadLevel.STALE, 0, Optional.of(bound));
  }

  private static RpcException refusal(CompletableFuture<?> refused) {
    return (RpcException)
        catchThrowableOfType(
                CompletionException.class, () -> refused.orTimeout(30, TimeUnit.SECONDS).join())
            .getCause();
  }

  // ---- linearizable

  @ParameterizedTest
  @EnumSource(names = {"LINEARIZABLE", "FOLLOWER"})
  void whatIsLinearizableWaitsForTheBarrier(ReadLevel level) {
    CompletableFuture<?> opened = patient.open(shard, demand(level), FAR);
    assertThat(opened).isNotDone();
    assertThat(group.barriers).hasSize(1);
    group.barriers.get(0).complete(40L);
    assertThat(opened).isCompleted();
    assertThat(patient.age(shard, demand(level))).isEmpty();
  }

  // ---- session

  @Test
  void aSessionWaitsUntilTheReplicaHasAppliedWhatItHasSeenAndAsksNobody() {
    CompletableFuture<?> opened = patient.open(shard, session(41), FAR);
    assertThat(group.awaited).containsExactly(41L);
    assertThat(opened).isNotDone();
    group.waiters.get(0).complete(43L);
    assertThat(opened).isCompleted();
    assertThat(group.barriers).isEmpty();
  }

  @Test
  void aSessionThatHasSeenNothingIsReadLinearizablyOnce() {
    CompletableFuture<?> opened = patient.open(shard, session(0), FAR);
    assertThat(opened).isNotDone();
    assertThat(group.awaited).isEmpty();
    group.barriers.get(0).complete(40L);
    assertThat(opened).isCompleted();
  }

  @Test
  void aReplicaThatStaysBehindSendsTheSessionElsewhere() {
    RpcException refused = refusal(hasty.open(shard, session(41), FAR));
    assertThat(refused.code()).isEqualTo(ErrorCode.REPLICA_BEHIND);
    assertThat(refused.code().retry()).isEqualTo(ErrorCode.Retry.ELSEWHERE);
    assertThat(refused)
        .hasMessageContaining(
            "the replica of shard 7 here has applied 40, the session has seen 41");
    assertThat(group.waiters.get(0)).isCompletedExceptionally(); // and waits here no more
  }

  /** Which may be a simulated one. */
  @Test
  void waitsAreEndedByTheNodesOwnClockAlone() {
    List<CompletableFuture<?>> waits = new ArrayList<>();
    Clocks held = new Clocks(() -> 0, () -> 0, (wait, nanos) -> waits.add(wait));
    ReadGate gate = new ReadGate(Duration.ZERO, held);
    CompletableFuture<?> session = gate.open(shard, session(41), FAR);
    CompletableFuture<?> stale = gate.open(shard, stale(BOUND), FAR);
    assertThat(session).isNotDone();
    assertThat(stale).isNotDone();
    waits.forEach(wait -> wait.completeExceptionally(new TimeoutException()));
    assertThat(refusal(session).code()).isEqualTo(ErrorCode.REPLICA_BEHIND);
    assertThat(stale).isCompleted(); // and #age decides
  }

  @Test
  void nobodyWaitsLongerThanTheCaller() {
    long passed = System.nanoTime() - 1;
    assertThat(refusal(patient.open(shard, session(41), passed)).code())
        .isEqualTo(ErrorCode.REPLICA_BEHIND);
  }

  @Test
  void whyElseASessionIsRefusedStaysWhatItIs() {
    CompletableFuture<?> opened = patient.open(shard, session(41), FAR);
    RaftException full = RaftException.refused(new Refusal.Overloaded());
    group.waiters.get(0).completeExceptionally(full);
    assertThat(catchThrowableOfType(CompletionException.class, opened::join)).hasCause(full);
  }

  // ---- stale

  @Test
  void aStateWithinTheBoundIsShownWithItsAgeAndNobodyIsAsked() {
    group.age = Optional.of(BOUND);
    assertThat(patient.open(shard, stale(BOUND), FAR)).isCompleted();
    assertThat(patient.age(shard, stale(BOUND))).contains(BOUND);
    assertThat(group.barriers).isEmpty();
  }

  @Test
  void aStateBeyondTheBoundIsConfirmedFirst() {
    group.age = Optional.of(BOUND.plusNanos(1));
    CompletableFuture<?> first = patient.open(shard, stale(BOUND), FAR);
    CompletableFuture<?> second = patient.open(shard, stale(BOUND), FAR);
    assertThat(first).isNotDone();
    assertThat(group.barriers).as("one question for all").hasSize(1);
    group.age = Optional.of(Duration.ofMillis(2));
    group.barriers.get(0).complete(40L);
    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
    assertThat(patient.age(shard, stale(BOUND))).contains(Duration.ofMillis(2));
    group.age = Optional.of(BOUND.multipliedBy(2));
    patient.open(shard, stale(BOUND), FAR);
    assertThat(group.barriers).as("a new question").hasSize(2);
  }

  @Test
  void aStateThatStaysBeyondTheBoundIsNotShown() {
    group.age = Optional.of(BOUND.plusMillis(1));
    hasty.open(shard, stale(BOUND), FAR).orTimeout(30, TimeUnit.SECONDS).join();
    RpcException refused =
        catchThrowableOfType(RpcException.class, () -> hasty.age(shard, stale(BOUND)));
    assertThat(refused.code()).isEqualTo(ErrorCode.REPLICA_BEHIND);
    assertThat(refused)
        .hasMessageContaining(
            "the replica of shard 7 here may be 101 ms old; allowed: up to 100 ms");
    group.age = Optional.empty();
    assertThat(catchThrowableOfType(RpcException.class, () -> hasty.age(shard, stale(BOUND))))
        .hasMessageContaining("does not know how old it is; allowed: up to 100 ms");
  }

  @Test
  void withoutABoundAnyAgeIsShownAtOnceAndAnOldOneConfirmedInPassing() {
    group.age = Optional.of(Duration.ofMillis(900));
    assertThat(patient.open(shard, demand(ReadLevel.STALE), FAR)).isCompleted();
    assertThat(group.barriers).isEmpty();
    group.age = Optional.of(Duration.ofDays(3));
    assertThat(patient.open(shard, demand(ReadLevel.STALE), FAR)).isCompleted();
    assertThat(group.barriers).hasSize(1);
    assertThat(patient.age(shard, demand(ReadLevel.STALE))).contains(Duration.ofDays(3));
  }

  @Test
  void anUnknownAgeIsAskedForAndShownAsUnknownIfNobodyAnswers() {
    CompletableFuture<?> opened = patient.open(shard, demand(ReadLevel.STALE), FAR);
    assertThat(opened).isNotDone();
    group
        .barriers
        .get(0)
        .completeExceptionally(RaftException.refused(new Refusal.NotLeader(Optional.empty())));
    assertThat(opened).isCompleted();
    assertThat(patient.age(shard, demand(ReadLevel.STALE))).isEmpty();
  }

  // ---- what a request may demand

  private static void assertInvalid(ReadRequest.Builder request, String message) {
    RpcException refused =
        catchThrowableOfType(RpcException.class, () -> ReadDemand.of(request.build()));
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(refused).hasMessageContaining(message);
  }

  @Test
  void whatCannotBeDemandedIsRefused() {
    assertInvalid(
        ReadRequest.newBuilder().setLevel(ReadLevel.LEASE),
        "read level LEASE is refused: leases come later;"
            + " allowed: LINEARIZABLE, FOLLOWER, SESSION, STALE");
    assertInvalid(
        ReadRequest.newBuilder().setLevelValue(9),
        "read level 9 is not known; allowed: LINEARIZABLE, FOLLOWER, SESSION, STALE");
    assertInvalid(
        ReadRequest.newBuilder().setLevel(ReadLevel.SESSION).setMinApplied(-1),
        "min_applied is 18446744073709551615; allowed: 0 to 9223372036854775807");
    assertInvalid(
        ReadRequest.newBuilder().setLevel(ReadLevel.STALE).setMinApplied(5),
        "min_applied is 5; allowed: 0 to 9223372036854775807 with read level SESSION, and 0 with");
    assertInvalid(
        ReadRequest.newBuilder().setMaxStalenessMillis(5),
        "max_staleness_millis is 5; allowed: 0 to 9223372036854775807 with read level STALE");
  }

  @Test
  void scansDemandTheSame() {
    assertThat(
            ReadDemand.of(
                ScanRequest.newBuilder().setLevel(ReadLevel.SESSION).setMinApplied(5).build()))
        .isEqualTo(session(5));
    assertThat(
            ReadDemand.of(
                ScanRequest.newBuilder()
                    .setLevel(ReadLevel.STALE)
                    .setMaxStalenessMillis(100)
                    .build()))
        .isEqualTo(stale(BOUND));
    assertThat(ReadDemand.of(ReadRequest.newBuilder().setLevel(ReadLevel.STALE).build()))
        .isEqualTo(demand(ReadLevel.STALE));
  }
}
