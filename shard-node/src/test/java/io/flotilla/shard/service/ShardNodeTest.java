package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.ReadLevel;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.PingRequest;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.session.Session;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardNodeTest {
  @TempDir Path directory;
  private ThreeNodes nodes;
  private TestClient client;

  @BeforeEach
  void open() throws IOException {
    nodes = new ThreeNodes(directory, RaftConfig.DEFAULT);
    client = nodes.client;
  }

  @AfterEach
  void close() throws IOException {
    nodes.close();
  }

  @Test
  void servesThroughTheLossOfANodeWhichThenCatchesUp() throws Exception {
    for (int i = 0; i < 60; i++) {
      client.put(key(i), "first" + i);
    }
    assertThat(client.increment("counter").getNumber()).isEqualTo(1);
    nodes.awaitLeaders();
    long lost = nodes.node(2).nodeId();
    nodes.kill(2);
    for (int i = 0; i < 60; i += 2) {
      client.put(key(i), "second" + i);
    }
    assertThat(client.increment("counter").getNumber()).isEqualTo(2);
    verify();

    ShardNode back = nodes.start(2);
    assertThat(back.nodeId()).isEqualTo(lost);
    assertThat(back.shards()).hasSize(ThreeNodes.SHARDS); // before placement said anything
    nodes.awaitApplied();
    nodes.kill(1); // so that what came back is needed
    verify();
    assertThat(client.increment("counter").getNumber()).isEqualTo(3);
    assertThat(client.scan()).hasSize(61);
  }

  @Test
  void nothingAcknowledgedIsMissingAfterAllNodesCrashWithoutPlacement() throws Exception {
    for (int i = 0; i < 60; i++) {
      client.put(key(i), i % 2 == 0 ? "second" + i : "first" + i);
    }
    List<Shard> shards = nodes.placement.shards();
    nodes.placement.close();
    for (int i : List.of(1, 2, 3)) {
      nodes.kill(i);
    }
    try (TestClient after = new TestClient(ThreeNodes.CLUSTER, () -> shards, nodes::addresses)) {
      // Two find each other where they last were; ports stay, as they do where they are configured.
      for (int i : List.of(1, 2)) {
        nodes.start(i);
      }
      for (int i = 0; i < 60; i++) {
        assertThat(after.get(key(i))).isEqualTo(i % 2 == 0 ? "second" + i : "first" + i);
      }
    }
  }

  @Test
  void whoIsAskedWhetherItIsThereSaysWhichNodeItIs() {
    for (int i : List.of(1, 2, 3)) {
      PingRequest ping = PingRequest.getDefaultInstance();
      String address = nodes.node(i).address();
      assertThat(client.rpc.call(address, RpcMethods.PING, ping, TestClient.CALL).join().getNode())
          .isEqualTo(nodes.node(i).nodeId());
    }
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
    for (long version : new long[] {0, 9}) {
      WriteRequest old = good.toBuilder().setEpoch(Epoch.newBuilder().setVersion(version)).build();
      for (String address : nodes.addresses()) { // whether it leads or not
        RpcException stale =
            assertRefused(
                address,
                old,
                ErrorCode.STALE_EPOCH,
                "by another version of shard " + client.shardOf(key).getId());
        assertThat(stale.detail().getShardsList()).containsExactly(client.shardOf(key));
      }
    }
    assertRefused(good.toBuilder().clearWrites().build(), ErrorCode.INVALID_REQUEST, "0 writes");
    assertRefused(
        good.toBuilder().clearClientLow().build(), ErrorCode.INVALID_REQUEST, "without client");
    assertRefused(
        good.toBuilder().setNotAfterMillis(Long.MAX_VALUE).build(),
        ErrorCode.INVALID_REQUEST,
        "allowed: up to 48 hours");
    assertRefused(
        good.toBuilder().setNotAfterMillis(System.currentTimeMillis() - 1).build(),
        ErrorCode.INVALID_REQUEST,
        "the clocks of clients and nodes");
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
  void aRequestThatComesTwiceIsExecutedOnce() {
    assertThat(client.increment("n").getNumber()).isEqualTo(1);
    ByteString key = FakePlacement.key("n");
    WriteRequest request = client.request(key, TestClient.incrementOf(key)).build();
    for (int i = 0; i < 3; i++) {
      assertThat(client.send(request).getResults(0).getNumber()).isEqualTo(2);
    }
    assertThat(client.increment("n").getNumber()).isEqualTo(3);
    assertThat(client.send(request).getResults(0).getStatus())
        .isEqualTo(Result.Status.SESSION_EXPIRED); // the next one has acknowledged it
    assertThat(client.get("n")).isEqualTo("3");
  }

  @Test
  void whoAcknowledgesNothingIsAskedToComeBack() {
    ByteString key = FakePlacement.key("k");
    WriteRequest.Builder request = client.request(key, putOf(key, 1)).setAckedBelow(1);
    Write.Builder write = request.getWrites(0).toBuilder();
    long seq = 1;
    while (seq <= 2 * Session.WINDOW_PER_SHARD) {
      request.clearWrites();
      for (int i = 0; i < 4096; i++) {
        request.addWrites(write.setSeq(seq++));
      }
      assertThat(client.send(request.build()).getResultsList())
          .allMatch(result -> result.getStatus() == Result.Status.OK);
    }
    WriteRequest more = request.clearWrites().addWrites(write.setSeq(seq)).build();
    nodes.awaitLeaders();
    List<RpcException> refusals =
        nodes.addresses().stream().map(address -> refusal(address, more)).toList();
    assertThat(refusals)
        .extracting(RpcException::code)
        .containsOnlyOnce(ErrorCode.OVERLOADED)
        .containsOnly(ErrorCode.OVERLOADED, ErrorCode.NOT_LEADER);
    assertThat(refusals)
        .filteredOn(refused -> refused.code() == ErrorCode.OVERLOADED)
        .allMatch(refused -> refused.detail().getRetryAfterMillis() > 0);
    assertThat(client.send(more.toBuilder().setAckedBelow(seq).build()).getResults(0).getStatus())
        .isEqualTo(Result.Status.OK);
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
    String address = nodes.addresses().get(0);
    for (ReadRequest bad :
        List.of(
            good.toBuilder().setLevel(ReadLevel.LEASE).build(),
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
    Epoch older = shard.getEpoch().toBuilder().setVersion(0).build();
    ReadRequest stale = good.toBuilder().setEpoch(older).build();
    assertThatThrownBy(
            () -> client.rpc.call(address, RpcMethods.KV_READ, stale, TestClient.CALL).join())
        .hasMessageContaining("STALE_EPOCH");
    ScanRequest staleScan = scan.toBuilder().setStart(shard.getStart()).setEpoch(older).build();
    assertThatThrownBy(
            () -> client.rpc.call(address, RpcMethods.KV_SCAN, staleScan, TestClient.CALL).join())
        .hasMessageContaining("STALE_EPOCH");
  }

  private RpcException assertRefused(WriteRequest request, ErrorCode code, String message) {
    return assertRefused(nodes.addresses().get(0), request, code, message);
  }

  private RpcException assertRefused(
      String address, WriteRequest request, ErrorCode code, String message) {
    RpcException refused = refusal(address, request);
    assertThat(refused.code()).as(refused.getMessage()).isEqualTo(code);
    assertThat(refused).hasMessageContaining(message);
    return refused;
  }

  private RpcException refusal(String address, WriteRequest request) {
    try {
      client.rpc.call(address, RpcMethods.KV_WRITE, request, TestClient.CALL).join();
      throw new AssertionError("not refused: " + request);
    } catch (CompletionException e) {
      return (RpcException) e.getCause();
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
}
