package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.LoadReport;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.kv.KeyRange;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

/** Three real nodes cut shards in two as placement orders, while they are written to and killed. */
@Timeout(120)
class SplitNodesTest {
  private static final int KEYS = 60;

  @TempDir Path directory;
  private ThreeNodes nodes;

  @BeforeEach
  void open() throws Exception {
    nodes = new ThreeNodes(directory, RaftConfig.DEFAULT);
    nodes.awaitLeaders();
  }

  @AfterEach
  void close() throws Exception {
    nodes.close();
  }

  private static String key(int i) {
    return (char) ('a' + i % 26) + "key" + i;
  }

  private long split(long shard, String at) {
    long cutOff = nodes.placement.split(shard, at.isEmpty() ? ByteString.EMPTY : encoded(at));
    awaitOnMap(cutOff);
    return cutOff;
  }

  private static ByteString encoded(String key) {
    return FakePlacement.key(key);
  }

  private void awaitOnMap(long shard) {
    await().atMost(ThreeNodes.PATIENCE).until(() -> onMap(shard).isPresent());
  }

  private Optional<Shard> onMap(long shard) {
    return nodes.placement.shards().stream().filter(one -> one.getId() == shard).findFirst();
  }

  private void awaitLeader(long shard) {
    await()
        .atMost(ThreeNodes.PATIENCE)
        .until(
            () ->
                nodes.up().stream()
                    .flatMap(node -> hosted(node, shard).stream())
                    .anyMatch(
                        hosted -> hosted.group().status().role() == GroupStatus.RoleName.LEADER));
  }

  private Optional<HostedShard> hosted(int node, long shard) {
    return nodes.node(node).shards().stream()
        .filter(hosted -> hosted.descriptor().getId() == shard)
        .findFirst();
  }

  /**
   * Ranges of all shards on the map, which must be those of the keyspace without gap or overlap.
   */
  private void assertTiled() {
    List<Shard> shards = new ArrayList<>(nodes.placement.shards());
    shards.sort(
        (one, other) ->
            ByteString.unsignedLexicographicalComparator()
                .compare(one.getStart(), other.getStart()));
    for (int i = 1; i < shards.size(); i++) {
      assertThat(shards.get(i).getStart()).isEqualTo(shards.get(i - 1).getEnd());
    }
  }

  @Test
  void bothHalvesServeWhatTheyHaveAlsoAfterAllWereKilled() throws Exception {
    for (int i = 0; i < KEYS; i++) {
      nodes.client.put(key(i), "v" + i);
    }
    long middle = split(100, "");
    long named = split(101, "k");
    long again = split(named, "");
    for (long shard : new long[] {middle, named, again}) {
      awaitLeader(shard);
    }
    assertTiled();
    assertThat(onMap(101).orElseThrow().getEnd()).isEqualTo(encoded("k"));
    assertThat(nodes.client.scan()).hasSize(KEYS);
    assertValues();
    nodes.client.put(key(0), "v0");
    nodes.awaitApplied();
    for (int node = 1; node <= 3; node++) {
      nodes.kill(node);
      nodes.start(node);
    }
    await()
        .atMost(ThreeNodes.PATIENCE)
        .until(() -> hosted(1, again).isPresent() && hosted(2, again).isPresent());
    assertValues();
    assertThat(nodes.client.scan()).hasSize(KEYS);
  }

  private void assertValues() {
    for (int i = 0; i < KEYS; i++) {
      assertThat(nodes.client.get(key(i))).isEqualTo("v" + i);
    }
  }

  /** Reads and writes, and the place where both sides of a cut would get as many. */
  @Test
  void whatAShardIsAskedIsReportedByItsLeader() throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    ExecutorService clients = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> asking = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String asked = i % 2 == 0 ? "ka" : "kb";
        asking.add(clients.submit(() -> ask(asked, enough)));
      }
      long shard = nodes.client.shardOf(encoded("ka")).getId();
      await()
          .atMost(ThreeNodes.PATIENCE)
          .until(() -> loads(shard).stream().anyMatch(load -> load.getCut().equals(encoded("kb"))));
      enough.set(true);
      for (Future<?> each : asking) {
        each.get();
      }
      assertThat(loads(shard))
          .filteredOn(LoadReport::getSampled)
          .allMatch(load -> load.getOperationsPerSecond() >= 100);
    } finally {
      clients.shutdownNow();
    }
  }

  private void ask(String key, AtomicBoolean enough) {
    while (!enough.get()) {
      nodes.client.put(key, "v");
      nodes.client.get(key);
    }
  }

  private List<LoadReport> loads(long shard) {
    return nodes.placement.reports().stream()
        .flatMap(report -> report.getShardsList().stream())
        .filter(report -> report.getShard() == shard && report.hasLoad())
        .peek(report -> assertThat(report.getLeader()).isTrue())
        .map(ShardReport::getLoad)
        .toList();
  }

  /** As the leader's place shows, it is there that it campaigned. */
  @Test
  void theNewShardIsLedWhereTheOldOneIs() {
    long cutOff = split(102, "");
    awaitLeader(cutOff);
    for (int node = 1; node <= 3; node++) {
      int on = node;
      await().atMost(ThreeNodes.PATIENCE).until(() -> hosted(on, cutOff).isPresent());
      assertThat(leads(node, cutOff)).as("node %d", node).isEqualTo(leads(node, 102));
    }
  }

  private boolean leads(int node, long shard) {
    return hosted(node, shard).orElseThrow().group().status().role() == GroupStatus.RoleName.LEADER;
  }

  @Test
  void aReplicaThatSleptThroughItCutsItOffWhenItComesBack() throws Exception {
    for (int i = 0; i < KEYS; i++) {
      nodes.client.put(key(i), "v" + i);
    }
    nodes.kill(3);
    long cutOff = split(100, "");
    awaitLeader(cutOff);
    nodes.client.put(key(0), "v0");
    nodes.start(3);
    await().atMost(ThreeNodes.PATIENCE).until(() -> hosted(3, cutOff).isPresent());
    nodes.awaitApplied();
    nodes.kill(1);
    assertValues();
  }

  /** Callers that are routed by an old map learn of both sides from who refuses them. */
  @Test
  void underLoadEveryWriteTakesEffectOnce() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(4);
    AtomicBoolean stop = new AtomicBoolean();
    List<Future<Map<String, Long>>> counts = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      long client = 1000L + i;
      counts.add(callers.submit(() -> new Caller(client).run(stop)));
    }
    long[] cut = {split(100, ""), split(103, ""), split(101, "")};
    for (long shard : new long[] {cut[0], cut[1], cut[2], 102}) {
      split(shard, "");
    }
    stop.set(true);
    Map<String, Long> expected = new HashMap<>();
    for (Future<Map<String, Long>> one : counts) {
      one.get().forEach((key, count) -> expected.merge(key, count, Long::sum));
    }
    callers.shutdown();
    assertTiled();
    assertThat(nodes.placement.shards()).hasSize(ThreeNodes.SHARDS + 7);
    assertThat(expected).hasSizeGreaterThan(26);
    for (Map.Entry<String, Long> one : expected.entrySet()) {
      assertThat(nodes.client.get(one.getKey())).isEqualTo(String.valueOf(one.getValue()));
    }
  }

  /** Increments, one after the other, by a map of its own that only refusals teach. */
  private final class Caller {
    private final long id;
    private final Map<Long, Shard> map = new HashMap<>();
    private final Map<String, Long> counts = new HashMap<>();
    private long seq;

    Caller(long id) {
      this.id = id;
      nodes.placement.shards().forEach(shard -> map.put(shard.getId(), shard));
    }

    Map<String, Long> run(AtomicBoolean stop) {
      while (!stop.get() || counts.size() < 30) {
        seq++;
        String key = key((int) (seq % KEYS));
        Result result = increment(encoded(key));
        assertThat(result.getStatus()).isEqualTo(Result.Status.OK);
        counts.merge(key, 1L, Long::sum);
      }
      return counts;
    }

    private Result increment(ByteString key) {
      for (int attempt = 0; ; attempt++) {
        List<String> addresses = nodes.addresses();
        String address = addresses.get(attempt % addresses.size());
        try {
          WriteReply reply =
              nodes
                  .client
                  .rpc
                  .call(address, RpcMethods.KV_WRITE, request(key), TestClient.CALL)
                  .join();
          return reply.getResults(0);
        } catch (CompletionException e) {
          RpcException why = (RpcException) e.getCause();
          assertThat(why.code().retry()).isNotEqualTo(ErrorCode.Retry.NEVER);
          why.detail()
              .getShardsList()
              .forEach(shard -> map.merge(shard.getId(), shard, this::newer));
        }
      }
    }

    private Shard newer(Shard one, Shard other) {
      return one.getEpoch().getVersion() > other.getEpoch().getVersion() ? one : other;
    }

    private WriteRequest request(ByteString key) {
      Shard shard =
          map.values().stream()
              .filter(one -> KeyRange.of(one).contains(key))
              .max((a, b) -> Long.compare(a.getEpoch().getVersion(), b.getEpoch().getVersion()))
              .orElseThrow();
      return WriteRequest.newBuilder()
          .setShard(shard.getId())
          .setEpoch(shard.getEpoch())
          .setClientLow(id)
          .setAckedBelow(seq)
          .setNotAfterMillis(System.currentTimeMillis() + 3_600_000)
          .addWrites(Write.newBuilder().setSeq(seq).setOperation(TestClient.incrementOf(key)))
          .build();
    }
  }
}
