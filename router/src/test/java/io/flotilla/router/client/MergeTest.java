package io.flotilla.router.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.rpc.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What callers notice of a merge: a wait, and nothing else. Shards begin at f, m and t. */
class MergeTest {
  private final FakeCluster cluster = new FakeCluster(1, 3, "f", "m", "t");
  private final FlotillaClient client = FlotillaClient.connect(cluster.config());
  private final KvClient kv = client.keyspace("default");

  @AfterEach
  void close() {
    client.close();
    cluster.close();
  }

  private static Bytes b(String text) {
    return Bytes.utf8(text);
  }

  private static KvException failure(CompletableFuture<?> answer) {
    return catchThrowableOfType(KvException.class, () -> FlotillaClient.await(answer));
  }

  private void awaitAsked(int times) {
    await().until(() -> client.stats().failedRequests() >= times);
  }

  @Test
  void whatIsAskedOfAFrozenShardWaitsUntilItsNeighbourHasItsKeys() {
    kv.sync().put(b("g"), b("0"));
    cluster.freeze("g");
    CompletableFuture<Long> write = kv.increment(b("h"), 1);
    CompletableFuture<Optional<Bytes>> read = kv.get(b("g"));
    CompletableFuture<Long> count = kv.count(Scan.range(b("f"), b("m")));
    awaitAsked(6);
    assertThat(List.of(write, read, count)).noneMatch(CompletableFuture::isDone);
    long executions = cluster.state().executions();
    cluster.merge("g");
    assertThat(FlotillaClient.await(write)).isEqualTo(1);
    assertThat(FlotillaClient.await(read)).contains(b("0"));
    assertThat(FlotillaClient.await(count)).isBetween(1L, 2L);
    assertThat(cluster.state().executions()).as("once").isEqualTo(executions + 1);
    assertThat(kv.sync().get(b("h"))).contains(b("1"));
  }

  /** From the stream alone, before any pause is over. */
  @Test
  void theMapEndsTheWait() {
    cluster.freeze("g");
    cluster.askForMillis(60_000);
    CompletableFuture<Void> put = kv.put(b("g"), b("1"));
    awaitAsked(1);
    cluster.merge("g");
    cluster.publish();
    FlotillaClient.await(put);
  }

  @Test
  void whatThawsServesOn() {
    cluster.freeze("g");
    CompletableFuture<Void> put = kv.put(b("g"), b("1"));
    awaitAsked(3);
    assertThat(put).isNotDone();
    cluster.thaw("g");
    FlotillaClient.await(put);
    assertThat(kv.sync().get(b("g"))).contains(b("1"));
  }

  @Test
  void aWaitThatIsTooLongEndsWithWhatIsCertain() {
    cluster.freeze("g");
    KvException e = failure(kv.withTimeout(Duration.ofMillis(600)).put(b("g"), b("1")));
    assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED);
    assertThat(e.outcomeUnknown()).isFalse();
    assertThat(e).hasMessageContaining("frozen");
    assertThat(client.stats().requests()).as("with pauses").isLessThan(40);
  }

  @Test
  void aScanGoesOnWhereItWasInBothDirections() {
    List<Bytes> keys = new ArrayList<>();
    for (char c = 'a'; c <= 'z'; c++) {
      kv.sync().put(b("" + c), b("v"));
      keys.add(b("" + c));
    }
    assertThat(scanWhileMerging(Scan.all().limit(3), "x")).isEqualTo(keys);
    List<Bytes> backwards = new ArrayList<>(keys);
    Collections.reverse(backwards);
    assertThat(scanWhileMerging(Scan.all().reversed().limit(3), "y")).isEqualTo(backwards);
  }

  /** After each page, merges the shard that it is in with its neighbour, or cuts it in two. */
  private List<Bytes> scanWhileMerging(Scan scan, String suffix) {
    List<Bytes> found = new ArrayList<>();
    Scan next = scan;
    while (true) {
      Page page = kv.sync().scan(next);
      page.entries().forEach(entry -> found.add(entry.key()));
      if (page.next().isEmpty()) {
        return found;
      }
      next = scan.from(page.next().get());
      String at = found.get(found.size() - 1).toString();
      if (found.size() % 2 == 0) {
        cluster.split(at + suffix);
      } else if (cluster.hasLeftNeighbour(at)) {
        cluster.merge(at);
      }
      assertThat(found).doesNotHaveDuplicates();
    }
  }

  @Test
  void aBatchFitsIntoWhatHasBecomeOneShard() {
    List<Mutation> both = List.of(Mutation.put(b("e"), b("1")), Mutation.put(b("g"), b("1")));
    assertThat(failure(kv.batch(both)).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    cluster.merge("g");
    cluster.publish();
    await().until(() -> succeeds(kv.batch(both)));
    assertThat(kv.sync().getAll(List.of(b("e"), b("g")))).hasSize(2);
  }

  private static boolean succeeds(CompletableFuture<?> answer) {
    return answer.handle((done, failure) -> failure == null).join();
  }

  /** Tokens are of shards: that of the one that is gone says nothing of the other's log. */
  @Test
  void aSessionReadsWhatItWroteThroughTheNeighbour() {
    for (int i = 0; i < 9; i++) {
      kv.sync().put(b("g"), b("" + i));
    }
    KvClient session = kv.withReads(ReadOptions.SESSION);
    cluster.merge("g");
    assertThat(session.sync().get(b("g"))).contains(b("8"));
    assertThat(asked())
        .singleElement()
        .satisfies(request -> assertThat(request.getShard()).isEqualTo(1))
        .satisfies(request -> assertThat(request.getMinApplied()).isZero())
        .satisfies(request -> assertThat(request.getEpoch().getVersion()).isEqualTo(3));
  }

  private List<ReadRequest> asked() {
    return Stream.of(1L, 2L, 3L).flatMap(node -> cluster.node(node).reads.stream()).toList();
  }
}
