package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.flotilla.proto.kv.ReadLevel;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.map.Shard;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethod;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.shard.host.HostedShard;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three real nodes merge shards as placement orders, while they are written to and killed. */
@Timeout(120)
class MergeNodesTest {
  private static final int KEYS = 60;

  @TempDir Path directory;
  private ThreeNodes nodes;

  @BeforeEach
  void open() throws Exception {
    nodes = new ThreeNodes(directory, RaftConfig.DEFAULT);
    nodes.awaitLeaders();
    for (int i = 0; i < KEYS; i++) {
      nodes.client.put(key(i), "v" + i);
    }
  }

  @AfterEach
  void close() throws Exception {
    nodes.close();
  }

  private static String key(int i) {
    return (char) ('a' + i % 26) + "key" + i;
  }

  private Optional<Shard> onMap(long shard) {
    return nodes.placement.shards().stream().filter(one -> one.getId() == shard).findFirst();
  }

  private Optional<HostedShard> hosted(int node, long shard) {
    return nodes.node(node).shards().stream()
        .filter(hosted -> hosted.descriptor().getId() == shard)
        .findFirst();
  }

  private void merge(long source, long into) {
    nodes.placement.merge(source, into);
    await().atMost(ThreeNodes.PATIENCE).until(() -> onMap(source).isEmpty());
  }

  private void awaitEnded(long source) {
    await()
        .atMost(ThreeNodes.PATIENCE)
        .until(() -> nodes.up().stream().noneMatch(node -> hosted(node, source).isPresent()));
  }

  private void assertValues() {
    for (int i = 0; i < KEYS; i++) {
      assertThat(nodes.client.get(key(i))).isEqualTo("v" + i);
    }
    assertThat(nodes.client.scan()).hasSize(KEYS);
  }

  @Test
  void oneHasTheKeysOfBothAlsoAfterAllWereKilled() throws Exception {
    merge(101, 100);
    merge(102, 103);
    assertValues();
    awaitEnded(101);
    awaitEnded(102);
    merge(103, 100);
    assertValues();
    for (int node = 1; node <= 3; node++) {
      nodes.kill(node);
      nodes.start(node);
    }
    assertValues();
    awaitEnded(103);
    assertThat(nodes.placement.shards()).hasSize(1);
  }

  /** It cannot settle, and so nothing of it can be absorbed; the other one serves. */
  @Test
  void aMergeWaitsForEachReplicaAndIsTakenBack() throws Exception {
    nodes.kill(3);
    nodes.placement.merge(101, 100);
    await()
        .atMost(ThreeNodes.PATIENCE)
        .until(() -> onMap(101).filter(Shard::hasFrozen).isPresent());
    Shard frozen = onMap(101).orElseThrow();
    for (int node : nodes.up()) {
      await()
          .atMost(ThreeNodes.PATIENCE)
          .until(() -> hosted(node, 101).filter(HostedShard::isFrozen).isPresent());
      assertRefused(nodes.node(node).address(), frozen);
    }
    assertThat(nodes.placement.isSettled(101)).isFalse();
    nodes.client.put(key(0), "v0");
    nodes.placement.giveUp(101);
    await()
        .atMost(ThreeNodes.PATIENCE)
        .until(() -> onMap(101).filter(shard -> !shard.hasFrozen()).isPresent());
    assertThat(onMap(100).orElseThrow().getEpoch().getVersion()).as("it was fenced").isEqualTo(2);
    nodes.start(3);
    assertValues();
    merge(101, 100);
    assertValues();
    awaitEnded(101);
  }

  /** Whatever is asked for, and at whatever level. */
  private void assertRefused(String address, Shard frozen) {
    ByteString key = frozen.getStart();
    ReadRequest read =
        ReadRequest.newBuilder()
            .setShard(frozen.getId())
            .setEpoch(frozen.getEpoch())
            .addKeys(key)
            .build();
    for (ReadLevel level :
        List.of(ReadLevel.LINEARIZABLE, ReadLevel.FOLLOWER, ReadLevel.SESSION, ReadLevel.STALE)) {
      assertFrozen(address, RpcMethods.KV_READ, read.toBuilder().setLevel(level).build());
    }
    ScanRequest scan =
        ScanRequest.newBuilder()
            .setShard(frozen.getId())
            .setEpoch(frozen.getEpoch())
            .setStart(key)
            .build();
    assertFrozen(address, RpcMethods.KV_SCAN, scan);
    WriteRequest write =
        nodes.client.request(key, TestClient.incrementOf(key)).setEpoch(frozen.getEpoch()).build();
    assertFrozen(address, RpcMethods.KV_WRITE, write);
  }

  private <Q extends MessageLite> void assertFrozen(
      String address, RpcMethod<Q, ?> method, Q request) {
    try {
      nodes.client.rpc.call(address, method, request, TestClient.CALL).join();
      throw new AssertionError("it was answered: " + request);
    } catch (CompletionException e) {
      RpcException why = (RpcException) e.getCause();
      assertThat(why.code()).isEqualTo(ErrorCode.OVERLOADED);
      assertThat(why.code().outcomeUnknown()).isFalse();
      assertThat(why.detail().getRetryAfterMillis()).isPositive();
      assertThat(why).hasMessageContaining("shard 101 is frozen: shard 100 is to absorb it");
    }
  }

  /** It has the logs of both to go through, and the map has only one of them when it is back. */
  @Test
  void aNodeThatIsKilledMeanwhileFindsItsPartWhenItComesBack() throws Exception {
    for (int round = 0; round < 3; round++) {
      long source = 101L + round;
      nodes.placement.merge(source, 100);
      int node = round + 1;
      nodes.kill(node);
      nodes.start(node);
      await().atMost(ThreeNodes.PATIENCE).until(() -> onMap(source).isEmpty());
      nodes.kill(round + 1);
      nodes.start(round + 1);
      awaitEnded(source);
      assertValues();
    }
  }

  @Test
  void underLoadEveryWriteTakesEffectOnce() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(3);
    AtomicBoolean stop = new AtomicBoolean();
    List<Future<Integer>> counts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      String counter = (char) ('f' + 7 * i) + "-counter"; // one of each pair, and one beside
      long client = 1000L + i;
      counts.add(callers.submit(() -> count(client, counter, stop)));
    }
    merge(101, 100);
    nodes.placement.merge(102, 100);
    await()
        .atMost(ThreeNodes.PATIENCE)
        .until(() -> onMap(102).isEmpty() || onMap(102).orElseThrow().hasFrozen());
    nodes.placement.giveUp(102);
    await().atMost(ThreeNodes.PATIENCE).until(() -> onMap(102).filter(Shard::hasFrozen).isEmpty());
    merge(103, 102);
    stop.set(true);
    for (int i = 0; i < 3; i++) {
      String counter = (char) ('f' + 7 * i) + "-counter";
      String counted = String.valueOf(counts.get(i).get());
      assertThat(nodes.client.get(counter)).isEqualTo(counted);
    }
    callers.shutdown();
  }

  private int count(long id, String counter, AtomicBoolean stop) throws Exception {
    int count = 0;
    try (TestClient client =
        new TestClient(ThreeNodes.CLUSTER, id, nodes.placement::shards, nodes::addresses)) {
      while (!stop.get() || count < 10) {
        assertThat(client.increment(counter).getStatus()).isEqualTo(Result.Status.OK);
        count++;
      }
    }
    return count;
  }
}
