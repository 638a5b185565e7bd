package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.MessageLite;
import io.flotilla.placement.store.PlacementStateMachine;
import io.flotilla.placement.store.PlacementStore;
import io.flotilla.proto.placement.CreateKeyspaceReply;
import io.flotilla.proto.placement.CreateKeyspaceRequest;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.WatchRequest;
import io.flotilla.raft.state.Generations;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcCall;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Tests of what one member answers, over a group that commits at once. */
abstract class OneMember {
  static final PlacementPolicy POLICY = new PlacementPolicy(3, 4, 5000);

  @TempDir Path directory;

  final AtomicLong nanos = new AtomicLong(1_000_000_000L);
  PlacementStore store;
  PlacementStateMachine map;
  LoneGroup group;
  PlacementService service;
  final List<Throwable> broken = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void lookOften() {
    Awaitility.setDefaultPollDelay(Duration.ZERO);
    Awaitility.setDefaultPollInterval(Duration.ofMillis(2));
  }

  @AfterAll
  static void lookAsUsual() {
    Awaitility.reset();
  }

  @BeforeEach
  void start() throws Exception {
    begin("c");
    await().until(() -> map.view().cluster().equals("c"));
  }

  /**
   * @param cluster null for one whose steward fails at each of its rounds
   */
  final void begin(@Nullable String cluster) throws Exception {
    store = new PlacementStore(directory);
    map = new PlacementStateMachine(store, Generations.INITIAL);
    group = new LoneGroup(store, map);
    service =
        new PlacementService(
            cluster,
            new MemberBook(1, new TreeMap<>(Map.of(1L, "p:1", 2L, "p:2")), map::view),
            POLICY,
            group,
            map,
            nanos::get,
            Desk.newThread("desk"),
            broken::add);
  }

  @AfterEach
  void stop() throws Exception {
    service.close();
    store.close();
    assertThat(broken).isEmpty();
  }

  void assertError(FakeCall<?, ?> call, ErrorCode code, String why) {
    assertThat(call.errorCode()).isEqualTo(code);
    assertThat(call.error().getMessage()).contains(why);
  }

  static boolean isFailed(FakeCall<?, ?> call) {
    try {
      return call.error() != null;
    } catch (AssertionError notYet) {
      return false;
    }
  }

  static <Q extends MessageLite, R extends MessageLite> FakeCall<Q, R> ask(
      Consumer<RpcCall<Q, R>> handler, Q request) {
    FakeCall<Q, R> call = new FakeCall<>(request);
    handler.accept(call);
    await().until(call::isAnswered);
    return call;
  }

  FakeCall<CreateKeyspaceRequest, CreateKeyspaceReply> create(
      String name, int shards, int replicas) {
    return ask(
        service::createKeyspace,
        CreateKeyspaceRequest.newBuilder()
            .setName(name)
            .setShards(shards)
            .setReplicas(replicas)
            .build());
  }

  void registerNodes(int count) {
    for (int i = 1; i <= count; i++) {
      assertThat(ask(service::registerNode, register(i)).reply().getNode()).isEqualTo(i);
    }
  }

  void report(long node, ShardReport shard) {
    FakeCall<ReportRequest, ReportReply> call =
        ask(service::report, ReportRequest.newBuilder().setNode(node).addShards(shard).build());
    assertThat(call.replies).hasSize(1);
  }

  static RegisterNodeRequest register(int number) {
    return RegisterNodeRequest.newBuilder()
        .setIncarnation("dir-" + number)
        .setAddress("h:" + (7000 + number))
        .build();
  }

  static WatchRequest watchAfter(long revision) {
    return WatchRequest.newBuilder().setAfterRevision(revision).build();
  }
}
