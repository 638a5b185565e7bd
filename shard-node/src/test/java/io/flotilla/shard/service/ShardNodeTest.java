package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.ReadLevel;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.shard.kv.KvStoreConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes in one process, over loopback, with disks of their own. */
class ShardNodeTest {
  private static final String CLUSTER = "node-test";
  private static final int SHARDS = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private final List<Throwable> fatal = new CopyOnWriteArrayList<>();
  private final TreeMap<Integer, ShardNode> nodes = new TreeMap<>();
  private FakePlacement placement;
  private TestClient client;

  @BeforeEach
  void open() throws IOException {
    placement = new FakePlacement(CLUSTER, 3, SHARDS);
    client = new TestClient(CLUSTER, placement::shards, this::addresses);
    for (int i = 1; i <= 3; i++) {
      start(i);
    }
    await()
        .atMost(PATIENCE)
        .until(() -> nodes.values().stream().allMatch(node -> node.shards().size() == SHARDS));
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    for (ShardNode node : nodes.values()) {
      node.close();
    }
    placement.close();
    assertThat(fatal).isEmpty();
  }

  @Test
  void servesThroughTheLossOfANodeWhichThenCatchesUp() throws Exception {
    for (int i = 0; i < 60; i++) {
      client.put(key(i), "first" + i);
    }
    assertThat(client.increment("counter").getNumber()).isEqualTo(1);
    awaitLeaders();
    long lost = nodes.get(2).nodeId();
    nodes.remove(2).kill();
    for (int i = 0; i < 60; i += 2) {
      client.put(key(i), "second" + i);
    }
    assertThat(client.increment("counter").getNumber()).isEqualTo(2);
    verify();

    ShardNode back = start(2);
    assertThat(back.nodeId()).isEqualTo(lost);
    assertThat(back.shards()).hasSize(SHARDS); // before placement said anything
    await().atMost(PATIENCE).until(this::allApplied);
    nodes.remove(1).kill(); // so that what came back is needed
    verify();
    assertThat(client.increment("counter").getNumber()).isEqualTo(3);
    assertThat(client.scan()).hasSize(61);
  }

  @Test
  void nothingAcknowledgedIsMissingAfterAllNodesCrashWithoutPlacement() throws Exception {
    for (int i = 0; i < 60; i++) {
      client.put(key(i), i % 2 == 0 ? "second" + i : "first" + i);
    }
    List<Shard> shards = placement.shards();
    placement.close();
    for (int i : List.of(1, 2, 3)) {
      nodes.remove(i).kill();
    }
    try (TestClient after = new TestClient(CLUSTER, () -> shards, this::addresses)) {
      // Two find each other where they last were; ports stay, as they do where they are configured.
      for (int i : List.of(1, 2)) {
        start(i);
      }
      for (int i = 0; i < 60; i++) {
        assertThat(after.get(key(i))).isEqualTo(i % 2 == 0 ? "second" + i : "first" + i);
      }
    }
  }

  @Test
  void leadersAreSpreadAndReportedWithWhatChanges() throws Exception {
    awaitLeaders();
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                nodes.values().stream()
                    .allMatch(
                        node ->
                            node.statuses().stream()
                                .anyMatch(s -> s.role() == GroupStatus.RoleName.LEADER)));
    client.put("k", "v");
    await().atMost(PATIENCE).until(() -> reportsOf(nodes.get(1)).size() >= 3);
    List<ReportRequest> reports = reportsOf(nodes.get(1));
    assertThat(reports.get(0).getComplete()).isTrue();
    assertThat(reports).filteredOn(ReportRequest::getComplete).hasSizeLessThan(reports.size());
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              List<ReportRequest> some = reportsOf(nodes.get(1));
              return some.get(some.size() - 1).getShardsCount() == 0; // nothing changes any more
            });
  }

  @Test
  void refusesWhatIsWrongWithOneClearError() {
    client.put("k", "v");
    ByteString key = FakePlacement.key("k");
    Operation put =
        Operation.newBuilder()
            .setPut(Put.newBuilder().setKey(key).setValue(ByteString.copyFromUtf8("x")))
            .build();
    WriteRequest good = client.request(key, put).build();
    assertRefused(good.toBuilder().setShard(999).build(), ErrorCode.NO_SUCH_SHARD, "shard 999");
    RpcException stale =
        assertRefused(
            good.toBuilder().setEpoch(Epoch.newBuilder().setVersion(9)).build(),
            ErrorCode.STALE_EPOCH,
            "routed by version 9");
    assertThat(stale.detail().getShardsList()).containsExactly(client.shardOf(key));
    assertRefused(good.toBuilder().clearWrites().build(), ErrorCode.INVALID_REQUEST, "0 writes");
    assertRefused(
        good.toBuilder().clearClientLow().build(), ErrorCode.INVALID_REQUEST, "without client");
    assertRefused(
        good.toBuilder().setNotAfterMillis(Long.MAX_VALUE).build(),
        ErrorCode.INVALID_REQUEST,
        "allowed: up to 48 hours");
    assertRefused(
        withOperation(good, Operation.getDefaultInstance()),
        ErrorCode.INVALID_REQUEST,
        "no known kind");
    assertRefused(
        withOperation(good, putOf(FakePlacement.key("k".repeat(4099)), 1)),
        ErrorCode.INVALID_REQUEST,
        "an encoded key of 4103 bytes; allowed: 4096");
    assertRefused(
        withOperation(good, putOf(key, (1 << 20) + 1)),
        ErrorCode.INVALID_REQUEST,
        "a value of 1048577 bytes; allowed: up to 1048576");
    assertThat(client.get("k")).isEqualTo("v");
  }

  @Test
  void refusesReadsItCannotServe() {
    client.put("k", "v");
    ByteString key = FakePlacement.key("k");
    Shard shard = client.shardOf(key);
    ReadRequest good =
        ReadRequest.newBuilder()
            .setShard(shard.getId())
            .setEpoch(shard.getEpoch())
            .addKeys(key)
            .build();
    String address = addresses().get(0);
    for (ReadRequest bad :
        List.of(
            good.toBuilder().setLevel(ReadLevel.STALE).build(),
            good.toBuilder().clearKeys().build(),
            good.toBuilder().addKeys(FakePlacement.key("a")).build())) {
      assertThatThrownBy(
              () -> client.rpc.call(address, RpcMethods.KV_READ, bad, TestClient.CALL).join())
          .isInstanceOf(CompletionException.class)
          .hasMessageContaining("INVALID_REQUEST");
    }
    ScanRequest scan =
        ScanRequest.newBuilder()
            .setShard(shard.getId())
            .setEpoch(shard.getEpoch())
            .setStart(FakePlacement.key("a"))
            .build();
    assertThatThrownBy(
            () -> client.rpc.call(address, RpcMethods.KV_SCAN, scan, TestClient.CALL).join())
        .hasMessageContaining("leaves the range of shard");
  }

  private RpcException assertRefused(WriteRequest request, ErrorCode code, String message) {
    try {
      client.rpc.call(addresses().get(0), RpcMethods.KV_WRITE, request, TestClient.CALL).join();
      throw new AssertionError("not refused: " + request);
    } catch (CompletionException e) {
      RpcException refused = (RpcException) e.getCause();
      assertThat(refused.code()).as(refused.getMessage()).isEqualTo(code);
      assertThat(refused).hasMessageContaining(message);
      return refused;
    }
  }

  private static Operation putOf(ByteString key, int valueBytes) {
    return Operation.newBuilder()
        .setPut(Put.newBuilder().setKey(key).setValue(ByteString.copyFrom(new byte[valueBytes])))
        .build();
  }

  private static WriteRequest withOperation(WriteRequest request, Operation operation) {
    return request.toBuilder()
        .setWrites(0, request.getWrites(0).toBuilder().setOperation(operation))
        .build();
  }

  private void verify() {
    for (int i = 0; i < 60; i++) {
      assertThat(client.get(key(i))).isEqualTo(i % 2 == 0 ? "second" + i : "first" + i);
    }
  }

  private static String key(int i) {
    return (char) ('a' + i % 26) + "key" + i;
  }

  private void awaitLeaders() {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                nodes.values().stream()
                        .flatMap(node -> node.statuses().stream())
                        .filter(status -> status.role() == GroupStatus.RoleName.LEADER)
                        .count()
                    == SHARDS);
  }

  private boolean allApplied() {
    for (Shard shard : placement.shards()) {
      long least = Long.MAX_VALUE;
      long most = 0;
      for (ShardNode node : nodes.values()) {
        for (GroupStatus status : node.statuses()) {
          if (shard.getReplicasList().stream()
              .anyMatch(replica -> replica.getReplica() == status.replica().value())) {
            least = Math.min(least, status.appliedIndex());
            most = Math.max(most, status.lastIndex());
          }
        }
      }
      if (least < most) {
        return false;
      }
    }
    return true;
  }

  private List<ReportRequest> reportsOf(ShardNode node) {
    return placement.reports().stream()
        .filter(report -> report.getNode() == node.nodeId())
        .toList();
  }

  private List<String> addresses() {
    return new ArrayList<>(nodes.values().stream().map(ShardNode::address).toList());
  }

  private final TreeMap<Integer, Integer> ports = new TreeMap<>();

  private ShardNode start(int number) throws IOException {
    ShardNodeConfig config =
        ShardNodeConfig.of(
                CLUSTER,
                List.of(placement.address()),
                ListenConfig.on("127.0.0.1", ports.getOrDefault(number, 0)),
                directory.resolve("node" + number))
            .withState(new KvStoreConfig(1 << 20, 2, 1 << 20, 1));
    ShardNode node = ShardNode.start(config, fatal::add, System::currentTimeMillis);
    nodes.put(number, node);
    ports.put(number, Integer.parseInt(node.address().substring(node.address().indexOf(':') + 1)));
    return node;
  }
}
