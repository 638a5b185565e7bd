package io.flotilla.router.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.rpc.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whom reads of each level ask, what they send, and what becomes of it. */
class ReadLevelsTest {
  private final FakeCluster cluster = new FakeCluster(3, 3, "f", "m", "t");
  private final FlotillaClient client = FlotillaClient.connect(cluster.config());
  private final KvClient kv = client.keyspace("default");
  private final FakeNode leader = cluster.leaderOf("a");
  private final List<FakeNode> followers = new ArrayList<>();

  @BeforeEach
  void findFollowers() {
    for (long id = 1; id <= 3; id++) {
      if (id != leader.id) {
        followers.add(cluster.node(id));
      }
    }
  }

  @AfterEach
  void close() {
    client.close();
    cluster.close();
  }

  private static Bytes b(String text) {
    return Bytes.utf8(text);
  }

  private SyncKvClient reads(ReadOptions options) {
    return kv.withReads(options).sync();
  }

  private List<ReadRequest> answered() {
    List<ReadRequest> all = new ArrayList<>();
    for (long id = 1; id <= 3; id++) {
      all.addAll(cluster.node(id).reads);
    }
    return all;
  }

  @Test
  void linearizableReadsAreTheLeadersAlone() {
    kv.sync().put(b("a"), b("1"));
    for (int i = 0; i < 6; i++) {
      assertThat(kv.sync().get(b("a"))).contains(b("1"));
    }
    assertThat(leader.reads).hasSize(6);
    assertThat(answered())
        .hasSize(6)
        .allMatch(request -> request.getLevel() == ReadLevel.LINEARIZABLE.onWire());
  }

  @Test
  void whatAnyReplicaMayAnswerIsSpreadOverAll() {
    kv.sync().put(b("a"), b("1"));
    for (ReadOptions options :
        List.of(ReadOptions.FOLLOWER, ReadOptions.SESSION, ReadOptions.STALE)) {
      int before = answered().size();
      for (int i = 0; i < 6; i++) {
        assertThat(reads(options).get(b("a"))).contains(b("1"));
      }
      assertThat(answered()).hasSize(before + 6);
    }
    for (long id = 1; id <= 3; id++) {
      assertThat(cluster.node(id).reads).hasSize(6);
    }
    assertThat(client.stats().failedRequests()).isZero();
  }

  @Test
  void aFollowersAnswerIsNotTakenForALeaders() {
    for (int i = 0; i < 3; i++) {
      reads(ReadOptions.FOLLOWER).get(b("a"));
      kv.sync().put(b("a"), b("v" + i));
    }
    assertThat(client.stats().failedRequests()).isZero();
  }

  @Test
  void readsOfDifferentOptionsDoNotShareARequest() {
    List<CompletableFuture<Reading>> all = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      all.add(kv.withReads(ReadOptions.STALE).read(b("a" + i)));
      all.add(kv.withReads(ReadOptions.staleWithin(Duration.ofSeconds(7))).read(b("b" + i)));
      all.add(kv.withReads(ReadOptions.FOLLOWER).read(b("c" + i)));
    }
    for (int i = 0; i < all.size(); i++) {
      Optional<Duration> age = i % 3 == 2 ? Optional.empty() : Optional.of(Duration.ofMillis(3));
      assertThat(FlotillaClient.await(all.get(i)).age()).isEqualTo(age);
    }
    assertThat(answered())
        .allSatisfy(
            request -> {
              char first = (char) request.getKeys(0).byteAt(4);
              assertThat(request.getKeysList()).allMatch(key -> (char) key.byteAt(4) == first);
              assertThat(request.getMaxStalenessMillis()).isEqualTo(first == 'b' ? 7_000 : 0);
            });
  }

  // ---- sessions

  @Test
  void aSessionSendsWhatItHasSeenOfTheShardThroughWritesAndReads() {
    assertThat(reads(ReadOptions.SESSION).get(b("a"))).isEmpty();
    assertThat(answered()).singleElement().matches(request -> request.getMinApplied() == 0);
    kv.sync().put(b("a"), b("1"));
    kv.sync().put(b("a"), b("2"));
    reads(ReadOptions.SESSION).get(b("a"));
    assertThat(answered()).anyMatch(request -> request.getMinApplied() == 2);
    // Another client has written on; this one has seen that by a read.
    try (FlotillaClient other = FlotillaClient.connect(cluster.config())) {
      other.keyspace("default").sync().put(b("a"), b("3"));
    }
    kv.sync().get(b("a"));
    reads(ReadOptions.SESSION).get(b("a"));
    assertThat(answered()).anyMatch(request -> request.getMinApplied() == 3);
    reads(ReadOptions.SESSION).scan(Scan.prefix(b("a")));
    List<ScanRequest> scans = new ArrayList<>(leader.scans);
    followers.forEach(follower -> scans.addAll(follower.scans));
    assertThat(scans).singleElement().matches(request -> request.getMinApplied() == 3);
    // Of another shard it has seen nothing.
    reads(ReadOptions.SESSION).get(b("z"));
    assertThat(answered().stream().filter(request -> request.getMinApplied() == 0)).hasSize(2 + 1);
  }

  @Test
  void aTokenOutlivesTheLeader() {
    kv.sync().put(b("a"), b("1"));
    cluster.moveLeader("a", followers.get(0).id);
    cluster.publish();
    reads(ReadOptions.SESSION).get(b("a"));
    assertThat(answered()).singleElement().matches(request -> request.getMinApplied() == 1);
  }

  @Test
  void aReplicaThatIsBehindIsPassedOverAndNobodyNotices() {
    kv.sync().put(b("a"), b("1"));
    followers.forEach(follower -> follower.appliedMax = 0);
    for (int i = 0; i < 9; i++) {
      assertThat(reads(ReadOptions.SESSION).get(b("a"))).contains(b("1"));
    }
    assertThat(leader.reads).hasSize(9);
    assertThat(client.stats().failedRequests()).isPositive();
    assertThat(reads(ReadOptions.SESSION).count(Scan.prefix(b("a")))).isEqualTo(1);
  }

  @Test
  void whatNobodyCanAnswerEndsWithTheReason() {
    kv.sync().put(b("a"), b("1"));
    for (long id = 1; id <= 3; id++) {
      cluster.node(id).appliedMax = 0;
    }
    KvClient hasty = kv.withReads(ReadOptions.SESSION).withTimeout(Duration.ofMillis(400));
    KvException e =
        catchThrowableOfType(KvException.class, () -> FlotillaClient.await(hasty.get(b("a"))));
    assertThat(e.code()).isEqualTo(ErrorCode.REPLICA_BEHIND);
    assertThat(e.isPassing()).isTrue();
    assertThat(e).hasMessageContaining("applied 0, seen 1");
    // Who writes meanwhile is not held up.
    kv.sync().put(b("a"), b("2"));
    assertThat(kv.sync().get(b("a"))).contains(b("2"));
  }

  // ---- failures

  @Test
  void aReplicaThatIsGoneIsPassedOver() {
    kv.sync().put(b("a"), b("1"));
    followers.get(0).close();
    for (int i = 0; i < 30; i++) {
      assertThat(reads(ReadOptions.FOLLOWER).get(b("a"))).contains(b("1"));
    }
    assertThat(followers.get(1).reads.size()).isBetween(10, 20);
  }

  @Test
  void withoutALeaderStaleReadsGoOn() {
    cluster.moveLeader("a", 0);
    for (int i = 0; i < 6; i++) {
      assertThat(reads(ReadOptions.STALE).read(b("a")).age()).contains(Duration.ofMillis(3));
    }
    assertThat(client.stats().failedRequests()).isZero();
  }

  @Test
  void aFollowerThatCannotReachItsLeaderSendsOn() {
    kv.sync().put(b("a"), b("1"));
    followers.forEach(
        follower ->
            follower.willMeet(
                FakeNode.refusal(ErrorCode.NOT_LEADER), FakeNode.refusal(ErrorCode.NOT_LEADER)));
    for (int i = 0; i < 6; i++) {
      assertThat(reads(ReadOptions.FOLLOWER).get(b("a"))).contains(b("1"));
    }
    assertThat(leader.reads).isNotEmpty();
  }

  @Test
  void aSplitIsLearnedFromAnyReplica() {
    cluster.split("c");
    assertThat(reads(ReadOptions.STALE).get(b("d"))).isEmpty();
    assertThat(reads(ReadOptions.FOLLOWER).count(Scan.all())).isZero();
  }

  // ---- scans and options

  @Test
  void aPageIsAsOldAsItsOldestPart() {
    kv.sync().put(b("a"), b("1"));
    kv.sync().put(b("z"), b("1"));
    cluster.node(1).ageMillis = 5;
    cluster.node(2).ageMillis = 900;
    cluster.node(3).ageMillis = 5;
    Page page = reads(ReadOptions.STALE).scan(Scan.all());
    assertThat(page.entries()).hasSize(2);
    long oldest = cluster.node(2).scans.isEmpty() ? 5 : 900;
    assertThat(page.age()).contains(Duration.ofMillis(oldest));
    assertThat(reads(ReadOptions.FOLLOWER).scan(Scan.all()).age()).isEmpty();
  }

  @Test
  void boundsThatMeanNothingAreRefused() {
    assertThatThrownBy(() -> new ReadOptions(ReadLevel.SESSION, Optional.of(Duration.ofSeconds(1))))
        .hasMessageContaining("read-level with a max-staleness is SESSION; allowed: STALE");
    assertThatThrownBy(() -> ReadOptions.staleWithin(Duration.ofNanos(999_999)))
        .hasMessageContaining("allowed: 1 ms to 365 days");
  }
}
