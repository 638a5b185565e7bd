package io.flotilla.router.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.rpc.ErrorCode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The operations, on a cluster that behaves. */
class KvClientTest {
  private final FakeCluster cluster = new FakeCluster(3, 3, "f", "m", "t");
  private final FlotillaClient client = FlotillaClient.connect(cluster.config());
  private final SyncKvClient kv = client.keyspace("default").sync();

  @AfterEach
  void close() {
    client.close();
    cluster.close();
  }

  private static Bytes b(String text) {
    return Bytes.utf8(text);
  }

  private static Optional<Bytes> some(String text) {
    return Optional.of(b(text));
  }

  @Test
  void putGetDelete() {
    assertThat(kv.get(b("a"))).isEmpty();
    kv.put(b("a"), b("1"));
    assertThat(kv.get(b("a"))).isEqualTo(some("1"));
    assertThat(kv.delete(b("a"))).isTrue();
    assertThat(kv.delete(b("a"))).isFalse();
    assertThat(kv.get(b("a"))).isEmpty();
  }

  @Test
  void conditionalPuts() {
    assertThat(kv.putIfPresent(b("a"), b("1"))).isFalse();
    assertThat(kv.putIfAbsent(b("a"), b("1"))).isTrue();
    assertThat(kv.putIfAbsent(b("a"), b("2"))).isFalse();
    assertThat(kv.putIfPresent(b("a"), b("3"))).isTrue();
    assertThat(kv.getAndPut(b("a"), b("4"))).isEqualTo(some("3"));
    PutOptions unlessThere = PutOptions.DEFAULT.when(Condition.IF_ABSENT).returningPrevious();
    assertThat(kv.put(b("a"), b("5"), unlessThere))
        .isEqualTo(new PutResult(false, true, some("4")));
    assertThat(kv.getAndDelete(b("a"))).isEqualTo(some("4"));
  }

  @Test
  void compareAndSet() {
    assertThat(kv.compareAndSet(b("a"), Optional.empty(), some("1")).swapped()).isTrue();
    assertThat(kv.compareAndSet(b("a"), some("0"), some("2")))
        .isEqualTo(new CasResult(false, some("1")));
    assertThat(kv.compareAndSet(b("a"), some("1"), Optional.empty()).swapped()).isTrue();
    assertThat(kv.get(b("a"))).isEmpty();
  }

  @Test
  void numbersAndAppends() {
    assertThat(kv.increment(b("n"), 5)).isEqualTo(5);
    assertThat(kv.increment(b("n"), -7)).isEqualTo(-2);
    assertThat(kv.append(b("s"), b("abc"))).isEqualTo(3);
    assertThat(kv.append(b("s"), b("de"))).isEqualTo(5);
    assertThatThrownBy(() -> kv.increment(b("s"), 1))
        .isInstanceOfSatisfying(
            KvException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
        .hasMessageContaining("not a signed 64-bit number");
  }

  @Test
  void manyKeysOverManyShards() {
    Map<Bytes, Bytes> pairs = new LinkedHashMap<>();
    for (String key : List.of("a", "g", "n", "z", "zz")) {
      pairs.put(b(key), b("v" + key));
    }
    kv.putAll(pairs);
    assertThat(kv.getAll(List.of(b("a"), b("n"), b("nope"), b("zz"), b("a"))))
        .isEqualTo(Map.of(b("a"), b("va"), b("n"), b("vn"), b("zz"), b("vzz")));
    assertThat(kv.deleteAll(List.of(b("a"), b("nope"), b("z")))).isEqualTo(2);
    assertThat(kv.count(Scan.all())).isEqualTo(3);
    assertThat(kv.getAll(List.of())).isEmpty();
  }

  @Test
  void aBatchIsOneWriteAndStaysInOneShard() {
    BatchResult result =
        kv.batch(
            List.of(
                Mutation.put(b("a"), b("1")),
                Mutation.increment(b("b"), 3),
                Mutation.append(b("a"), b("2")),
                Mutation.delete(b("c"))));
    assertThat(result.applied()).isTrue();
    assertThat(result.outcomes()).hasSize(4);
    assertThat(result.outcomes().get(1).number()).isEqualTo(3);
    assertThat(cluster.state().requests()).hasSize(1);
    assertThatThrownBy(
            () -> kv.batch(List.of(Mutation.put(b("a"), b("1")), Mutation.put(b("z"), b("1")))))
        .hasMessageContaining("INVALID_REQUEST")
        .hasMessageContaining("a batch must lie in one shard");
    assertThatThrownBy(() -> kv.batch(List.of()))
        .hasMessageContaining("a batch of 0 mutations; allowed are 1 to 256");
  }

  @Test
  void keysAndValuesAreHeldToTheirBoundsBeforeAnythingIsSent() {
    assertThatThrownBy(() -> kv.get(Bytes.EMPTY))
        .hasMessage("INVALID_REQUEST: a key of 0 bytes; allowed are 1 to 4096");
    assertThatThrownBy(() -> kv.put(Bytes.wrap(new byte[4097]), b("v")))
        .hasMessage("INVALID_REQUEST: a key of 4097 bytes; allowed are 1 to 4096");
    assertThatThrownBy(() -> kv.put(b("k"), Bytes.wrap(new byte[(1 << 20) + 1])))
        .hasMessage("INVALID_REQUEST: a value of 1048577 bytes; allowed are 0 to 1048576");
    kv.put(Bytes.wrap(new byte[4096]), Bytes.wrap(new byte[1 << 20]));
    assertThat(client.stats().requests()).isEqualTo(1);
  }

  @Test
  void anUnknownKeyspaceIsNamedWithThoseThatExist() {
    SyncKvClient nope = client.keyspace("nope").sync();
    assertThatThrownBy(() -> nope.get(b("a")))
        .hasMessage("NOT_FOUND: there is no keyspace \"nope\"; there are: default, redis");
  }

  @Test
  void scansPageOverShardsInBothDirections() {
    cluster.limitReplies(7);
    List<Bytes> keys = new ArrayList<>();
    for (char c = 'a'; c <= 'z'; c++) {
      for (int i = 0; i < 3; i++) {
        keys.add(b("" + c + i));
      }
    }
    Map<Bytes, Bytes> pairs = new LinkedHashMap<>();
    keys.forEach(key -> pairs.put(key, b("v-" + key)));
    kv.putAll(pairs);
    List<Bytes> backwards = new ArrayList<>(keys);
    Collections.reverse(backwards);
    for (int limit : List.of(1, 5, 100)) {
      assertThat(keysOf(Scan.all().limit(limit))).isEqualTo(keys);
      assertThat(keysOf(Scan.all().reversed().limit(limit))).isEqualTo(backwards);
    }
    Scan middle = Scan.range(b("e1"), b("g1")).limit(4);
    assertThat(keysOf(middle)).isEqualTo(keys.subList(13, 19));
    assertThat(keysOf(middle.reversed())).isEqualTo(backwards.subList(78 - 19, 78 - 13));
    assertThat(keysOf(Scan.prefix(b("m")))).containsExactly(b("m0"), b("m1"), b("m2"));
    assertThat(kv.count(Scan.range(b("e1"), b("u")))).isEqualTo(keys.indexOf(b("u0")) - 13);
    Page page = kv.scan(Scan.all().limit(10).onlyKeys());
    assertThat(page.entries()).hasSize(10).allMatch(entry -> entry.value().isEmpty());
    assertThat(kv.scan(Scan.all().limit(1000)).next()).isEmpty();
  }

  private List<Bytes> keysOf(Scan scan) {
    List<Bytes> keys = new ArrayList<>();
    for (Entry entry : kv.entries(scan)) {
      keys.add(entry.key());
      assertThat(entry.value()).isEqualTo(b("v-" + entry.key()));
    }
    return keys;
  }

  @Test
  void aHashKeyspaceIsScannedBySlots() {
    KvClient redis = client.keyspace("redis");
    List<Bytes> keys = IntStream.range(0, 200).mapToObj(i -> b("key" + i)).toList();
    Map<Bytes, Bytes> pairs = new LinkedHashMap<>();
    keys.forEach(key -> pairs.put(key, b("v")));
    redis.sync().putAll(pairs);
    List<Bytes> scanned = new ArrayList<>();
    FlotillaClient.await(
        redis.scanAll(
            Scan.all().limit(16),
            page -> page.entries().forEach(entry -> scanned.add(entry.key()))));
    assertThat(scanned).containsExactlyInAnyOrderElementsOf(keys);
    assertThat(scanned).isSortedAccordingTo(Comparator.comparingInt(HashSlot::of));
    long low = keys.stream().filter(key -> HashSlot.of(key) < 5000).count();
    assertThat(redis.sync().count(Scan.slots(0, 5000))).isEqualTo(low);
    assertThat(redis.sync().count(Scan.slots(5000, HashSlot.COUNT))).isEqualTo(200 - low);
    assertThatThrownBy(() -> redis.sync().scan(Scan.prefix(b("k"))))
        .hasMessageContaining("a hash keyspace cannot be scanned by prefix");
    List<Mutation> tagged =
        List.of(Mutation.put(b("{t}1"), b("1")), Mutation.put(b("{t}2"), b("2")));
    assertThat(redis.sync().batch(tagged).applied()).isTrue();
  }

  @Test
  void concurrentOperationsShareRequests() {
    KvClient async = kv.async();
    var writes =
        IntStream.range(0, 2_000).mapToObj(i -> async.put(b("k" + i), b("v" + i))).toList();
    writes.forEach(FlotillaClient::await);
    assertThat(cluster.state().executions()).isEqualTo(2_000);
    assertThat(client.stats().requests()).isLessThan(500);
    var reads = IntStream.range(0, 2_000).mapToObj(i -> async.get(b("k" + i))).toList();
    for (int i = 0; i < 2_000; i++) {
      assertThat(FlotillaClient.await(reads.get(i))).isEqualTo(some("v" + i));
    }
  }

  @Test
  void aReplyThatIsCutShortIsCompleted() {
    cluster.limitReplies(3);
    Map<Bytes, Bytes> pairs = new LinkedHashMap<>();
    IntStream.range(0, 100).forEach(i -> pairs.put(b("k" + i), b("v" + i)));
    kv.putAll(pairs);
    assertThat(cluster.state().executions()).isEqualTo(100);
    assertThat(kv.getAll(pairs.keySet())).isEqualTo(pairs);
  }

  @Test
  void theSerialsOfEndedWritesAreGivenBack() {
    for (int i = 0; i < 10; i++) {
      kv.put(b("a"), b("v" + i));
    }
    var requests = cluster.state().requests();
    var last = requests.get(requests.size() - 1);
    assertThat(last.getWrites(0).getSeq()).isEqualTo(10);
    assertThat(last.getAckedBelow()).isEqualTo(10);
    assertThat(last.getNotAfterMillis())
        .isGreaterThan(System.currentTimeMillis() + 23 * 3_600_000L);
  }

  @Test
  void aKeyspaceCanBeUsedAsSoonAsItIsCreated() {
    NewKeyspace wish = NewKeyspace.range("fresh", 4);
    ClusterStatus.Keyspace made =
        FlotillaClient.await(client.admin().createKeyspace(wish)).keyspace();
    assertThat(made.name()).isEqualTo("fresh");
    SyncKvClient fresh = client.keyspace("fresh").sync();
    fresh.put(b("x"), b("y"));
    assertThat(fresh.get(b("x"))).isEqualTo(some("y"));
    assertThat(kv.get(b("x"))).isEmpty();
    assertThatThrownBy(() -> FlotillaClient.await(client.admin().createKeyspace(wish)))
        .hasMessageContaining("CONFLICT")
        .hasMessageContaining("there is a keyspace \"fresh\" already");
  }

  @Test
  void adminSeesTheCluster() {
    ClusterStatus status = FlotillaClient.await(client.admin().status());
    assertThat(status.nodes()).hasSize(3);
    assertThat(status.shards()).hasSize(8);
    assertThat(status.health().level()).isEqualTo(Health.Level.HEALTHY);
    assertThat(status.health().summary()).isEqualTo("healthy: can lose 1 of 3 nodes");
    Location location = FlotillaClient.await(client.admin().locate("default", b("g")));
    assertThat(location.shard().start()).isEqualTo(some("f"));
    assertThat(location.shard().end()).isEqualTo(some("m"));
    assertThat(location.encodedKey()).isEqualTo(Bytes.hex("0000000167"));
    cluster.declareDead(3);
    Health health = FlotillaClient.await(client.admin().status()).health();
    assertThat(health.level()).isNotEqualTo(Health.Level.HEALTHY);
    assertThat(health.problems()).anyMatch(line -> line.contains("silent for 34.6 s"));
  }
}
