package io.flotilla.router.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.rpc.ErrorCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a client does about nodes and placement members that misbehave. */
class RetryTest {
  private static final Duration SOON = Duration.ofMillis(400);

  private final FakeCluster cluster = new FakeCluster(3, 3, "f", "m", "t");
  private final FlotillaClient client = FlotillaClient.connect(cluster.config());
  private final KvClient kv = client.keyspace("default");

  /** Does not wait long for a silent node. */
  private final FlotillaClient hasty =
      FlotillaClient.connect(cluster.config().withAttemptTimeout(Duration.ofMillis(300)));

  private final KvClient hastyKv = hasty.keyspace("default");

  @AfterEach
  void close() {
    client.close();
    hasty.close();
    cluster.close();
  }

  private static Bytes b(String text) {
    return Bytes.utf8(text);
  }

  private static KvException failure(CompletableFuture<?> answer) {
    return catchThrowableOfType(KvException.class, () -> FlotillaClient.await(answer));
  }

  private static FakeNode.Mishap busyForMillis(int millis) {
    return FakeNode.refusal(
        FakeNode.detail(ErrorCode.OVERLOADED, "busy").setRetryAfterMillis(millis).build());
  }

  /** A node that does not lead the shard of {@code key}. */
  private long followerOf(String key) {
    return cluster.leaderOf(key).id % 3 + 1;
  }

  // ---- leaders ----

  @Test
  void aRedirectionIsFollowedAtOnceAndRemembered() {
    cluster.moveLeader("a", followerOf("a"));
    long before = client.stats().requests();
    kv.sync().put(b("a"), b("1"));
    kv.sync().put(b("a"), b("2"));
    assertThat(client.stats().requests() - before).isEqualTo(3);
    assertThat(cluster.state().executions()).isEqualTo(2);
  }

  @Test
  void withoutALeaderTheReplicasAreAskedUntilThereIsOne() {
    cluster.moveLeader("a", 0);
    CompletableFuture<Void> put = kv.put(b("a"), b("1"));
    await().until(() -> client.stats().failedRequests() >= 6);
    assertThat(put).isNotDone();
    cluster.moveLeader("a", followerOf("zz"));
    FlotillaClient.await(put);
    assertThat(cluster.state().executions()).isEqualTo(1);
  }

  @Test
  void aNewLeaderInTheMapEndsAPause() {
    FakeNode leader = cluster.leaderOf("a");
    leader.willMeet(busyForMillis(60_000));
    CompletableFuture<Void> put = kv.put(b("a"), b("1"));
    await().until(() -> client.stats().failedRequests() == 1);
    cluster.moveLeader("a", followerOf("a"));
    cluster.publish();
    FlotillaClient.await(put);
  }

  @Test
  void aNodeThatIsGoneIsPassedOver() {
    FakeNode leader = cluster.leaderOf("a");
    leader.close();
    cluster.moveLeader("a", followerOf("a"));
    kv.sync().put(b("a"), b("1"));
    assertThat(kv.sync().get(b("a"))).contains(b("1"));
  }

  // ---- the map ----

  @Test
  void aSplitIsLearnedFromTheNodeThatRefuses() {
    cluster.split("c");
    kv.sync().put(b("a"), b("1"));
    kv.sync().put(b("d"), b("2"));
    assertThat(kv.sync().getAll(List.of(b("a"), b("d")))).hasSize(2);
    // One refusal, and perhaps a redirection, for nobody said who leads the new half.
    assertThat(client.stats().failedRequests()).isBetween(1L, 2L);
    assertThat(kv.sync().count(Scan.all())).isEqualTo(2);
  }

  /** Deduplication would hide that more is sent again than has failed: what is sent is counted. */
  @Test
  void requestsThatASplitCutsInTwoAreSortedAnew() throws Exception {
    writeTogether(
        () -> {
          cluster.split("c");
          long other = followerOf("d");
          cluster.moveLeader("d", other);
          cluster.node(other).willMeet(FakeNode.lostReply());
        });
    assertThat(sentWith("b")).as("refused whole, then the half").containsExactly("bcde", "b");
    assertThat(cluster.state().requests())
        .extracting(RetryTest::keys)
        .as("of the two halves the one that failed is sent again")
        .containsExactlyInAnyOrder("b", "cde", "cde");
    assertThat(cluster.state().executions()).isEqualTo(4);
  }

  @Test
  void ofARequestThatIsRefusedInPartOnlyThatPartIsSentAgain() throws Exception {
    FakeNode leader = cluster.leaderOf("a");
    leader.beforeWrite =
        () -> {
          leader.beforeWrite = () -> {};
          cluster.split("c");
        };
    writeTogether(() -> {});
    assertThat(sentWith("b")).containsExactly("bcde");
    assertThat(cluster.state().requests()).extracting(RetryTest::keys).contains("bcde", "cde");
    assertThat(cluster.state().executions()).isEqualTo(4);
  }

  /**
   * Writes b to e in one request, for they wait until the only one that may be under way is
   * refused; before that, something happens. Ends when all are answered.
   */
  private void writeTogether(Runnable meanwhile) throws Exception {
    LimitsConfig usual = LimitsConfig.DEFAULT;
    LimitsConfig oneAtATime =
        new LimitsConfig(
            usual.keyBytesMax(),
            usual.valueBytesMax(),
            usual.operationsInFlightMax(),
            usual.bytesInFlightMax(),
            usual.requestOperationsMax(),
            usual.requestBytesMax(),
            1);
    try (FlotillaClient one = FlotillaClient.connect(cluster.config().withLimits(oneAtATime))) {
      KvClient lane = one.keyspace("default");
      FlotillaClient.await(lane.get(b("a"))); // Asks for the map first.
      CompletableFuture<Consumer<ErrorDetail>> held = new CompletableFuture<>();
      cluster.leaderOf("a").willMeet((refuse, execute) -> held.complete(refuse));
      CompletableFuture<Void> first = lane.put(b("a"), b("v"));
      Consumer<ErrorDetail> refuse = held.get(10, TimeUnit.SECONDS);
      List<CompletableFuture<Void>> writes = new ArrayList<>();
      for (String key : List.of("b", "c", "d", "e")) {
        writes.add(lane.put(b(key), b("v")));
      }
      meanwhile.run();
      refuse.accept(FakeNode.detail(ErrorCode.INVALID_REQUEST, "on purpose").build());
      assertThat(failure(first).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
      writes.forEach(FlotillaClient::await);
    }
  }

  /** The keys of each request, to whatever node and whatever became of it, that had this one. */
  private List<String> sentWith(String key) {
    return LongStream.rangeClosed(1, 3)
        .mapToObj(cluster::node)
        .flatMap(node -> node.writes.stream())
        .map(RetryTest::keys)
        .filter(keys -> keys.contains(key))
        .toList();
  }

  private static String keys(WriteRequest request) {
    return request.getWritesList().stream()
        .map(
            write ->
                FakeCluster.range().decode(write.getOperation().getPut().getKey()).toStringUtf8())
        .collect(Collectors.joining());
  }

  @Test
  void aBatchThatASplitHasCutIsRefused() {
    cluster.split("c");
    List<Mutation> mutations = List.of(Mutation.put(b("b"), b("1")), Mutation.put(b("d"), b("1")));
    KvException e = failure(kv.batch(mutations));
    assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(e.outcomeUnknown()).isFalse();
  }

  @Test
  void aShardThatTheNodeDoesNotHaveIsLookedForElsewhere() {
    cluster.leaderOf("a").willMeet(FakeNode.refusal(ErrorCode.NO_SUCH_SHARD));
    kv.sync().put(b("a"), b("1"));
    assertThat(cluster.state().executions()).isEqualTo(1);
  }

  @Test
  void theMapIsFollowedToAnotherPlacementMember() {
    long before = cluster.placementLeader();
    cluster.movePlacementLeader(before % 3 + 1);
    cluster.member(before).endStreams();
    await().until(() -> cluster.member(cluster.placementLeader()).watchers() == 2);
    cluster.split("c");
    cluster.publish();
    await()
        .untilAsserted(
            () -> {
              long failed = client.stats().failedRequests();
              kv.sync().put(b("a"), b("1"));
              assertThat(client.stats().failedRequests()).isEqualTo(failed);
            });
  }

  @Test
  void aStreamThatHangsIsLeftWhenTheMapProvesWrong() {
    long before = cluster.placementLeader();
    cluster.member(before).fallSilent();
    cluster.movePlacementLeader(before % 3 + 1);
    cluster.split("c");
    cluster.publish();
    // Told too little to learn the split from the refusal, the client must ask placement.
    cluster.leaderOf("d").willMeet(FakeNode.refusal(ErrorCode.STALE_EPOCH));
    kv.sync().put(b("d"), b("1"));
    await().until(() -> cluster.member(cluster.placementLeader()).watchers() >= 1);
  }

  /** What may have begun a job is not asked twice; but nor is who fell silent, the next time. */
  @Test
  void aMemberThatFellSilentIsNotAskedAgainFirst() {
    AdminClient admin = hasty.admin();
    FlotillaClient.await(admin.moveReplica(1, 1, OptionalLong.of(4), false));
    long before = cluster.placementLeader();
    cluster.member(before).fallSilent();
    cluster.movePlacementLeader(before % 3 + 1);
    assertThat(failure(admin.moveReplica(1, 1, OptionalLong.of(5), false)).code())
        .isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    assertThat(FlotillaClient.await(admin.moveReplica(1, 1, OptionalLong.of(6), false)).jobs())
        .hasSize(1);
  }

  /** What accepts and never says a word: nothing is sent there, and the whole call passes. */
  @Test
  void aMemberThatIsNotReachedIsNotAskedForEver() throws IOException {
    try (ServerSocket deaf = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      List<String> members = new ArrayList<>(List.of("127.0.0.1:" + deaf.getLocalPort()));
      members.addAll(cluster.placement());
      ClientConfig config =
          ClientConfig.of(members, FakeCluster.ID)
              .withCallTimeout(Duration.ofSeconds(1))
              .withAttemptTimeout(Duration.ofSeconds(10));
      try (FlotillaClient far = FlotillaClient.open(config)) {
        assertThat(failure(far.admin().status()).outcomeUnknown()).isFalse();
        assertThat(FlotillaClient.await(far.admin().status()).cluster()).isEqualTo(FakeCluster.ID);
      }
    }
  }

  @Test
  void withoutPlacementTheKnownMapServesOn() {
    IntStream.rangeClosed(1, 3).forEach(i -> cluster.member(i).close());
    kv.sync().put(b("a"), b("1"));
    assertThat(kv.sync().get(b("a"))).contains(b("1"));
  }

  // ---- exactly once ----

  @Test
  void aLostReplyIsAskedForAgainUnderTheSameSerial() {
    cluster.leaderOf("n").willMeet(FakeNode.lostReply(), FakeNode.lostForGood());
    assertThat(hastyKv.sync().increment(b("n"), 5)).isEqualTo(5);
    assertThat(kv.sync().get(b("n"))).contains(b("5"));
    assertThat(cluster.state().executions()).isEqualTo(1);
    List<WriteRequest> requests = cluster.state().requests();
    assertThat(requests).hasSizeGreaterThanOrEqualTo(2);
    WriteRequest first = requests.get(0);
    for (WriteRequest request : requests) {
      assertThat(request.getWritesList()).isEqualTo(first.getWritesList());
      assertThat(request.getClientHigh()).isEqualTo(first.getClientHigh());
      assertThat(request.getClientLow()).isEqualTo(first.getClientLow());
      assertThat(request.getNotAfterMillis()).isEqualTo(first.getNotAfterMillis());
      assertThat(request.getAckedBelow()).isLessThanOrEqualTo(first.getWrites(0).getSeq());
    }
  }

  @Test
  void countersAreExactThroughEveryKindOfFailure() {
    for (long node = 1; node <= 3; node++) {
      cluster
          .node(node)
          .willMeet(
              FakeNode.lostReply(),
              FakeNode.refusal(ErrorCode.OVERLOADED),
              FakeNode.refusal(ErrorCode.NOT_LEADER),
              FakeNode.lostForGood(),
              FakeNode.refusal(ErrorCode.UNAVAILABLE),
              FakeNode.silence(),
              FakeNode.refusal(ErrorCode.DEADLINE_EXCEEDED),
              FakeNode.lostReply());
    }
    List<CompletableFuture<Long>> increments = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      increments.add(hastyKv.increment(b("counter" + i % 10), 1));
      if (i == 500) {
        cluster.moveLeader("counter", followerOf("counter"));
      }
    }
    increments.forEach(FlotillaClient::await);
    for (int i = 0; i < 10; i++) {
      assertThat(kv.sync().get(b("counter" + i))).isEqualTo(Optional.of(b("100")));
    }
    assertThat(cluster.state().executions()).isEqualTo(1_000);
  }

  @Test
  void aWriteWhoseCallerLeavesHoldsNeitherItsPlaceNorItsSerial() {
    FakeNode leader = cluster.leaderOf("a");
    leader.willMeet(FakeNode.silence());
    CompletableFuture<Void> left = hastyKv.put(b("a"), b("1"));
    await().until(() -> leader.requests() == 1);
    left.cancel(false);
    await().untilAsserted(() -> assertThat(hasty.stats().operations()).isEqualTo(1));
    hastyKv.sync().put(b("a"), b("2"));
    List<WriteRequest> requests = cluster.state().requests();
    WriteRequest last = requests.get(requests.size() - 1);
    assertThat(last.getAckedBelow()).isEqualTo(last.getWrites(0).getSeq());
  }

  // ---- what a caller is told at the deadline ----

  @Test
  void aWriteThatMayHaveRunIsOfUnknownOutcome() {
    cluster.leaderOf("a").willMeet(FakeNode.lostForGood());
    cluster.node(1).fallSilent();
    cluster.node(2).fallSilent();
    cluster.node(3).fallSilent();
    KvException e = failure(kv.withTimeout(SOON).put(b("a"), b("1")));
    assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    assertThat(e.outcomeUnknown()).isTrue();
  }

  @Test
  void anUnknownAttemptIsNotForgottenForALaterDefiniteOne() {
    cluster.leaderOf("a").willMeet(FakeNode.lostReply());
    cluster.moveLeader("a", 0);
    KvException e = failure(kv.withTimeout(Duration.ofSeconds(2)).put(b("a"), b("1")));
    assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    assertThat(e).hasMessageContaining("the last failure was NOT_LEADER");
  }

  @Test
  void aWriteWhoseResultCannotBeReadIsOfUnknownOutcome() {
    cluster.state().tellStatus(99);
    KvException e = failure(kv.put(b("a"), b("1")));
    assertThat(e.outcomeUnknown()).isTrue();
    assertThat(e).hasMessageContaining("a status that this client does not know, 99");
    assertThat(cluster.state().executions()).isEqualTo(1);
  }

  @Test
  void aWriteThatIsTooLateIsOfUnknownOutcomeOnlyIfItWasTriedBefore() {
    cluster.state().tellStatus(Result.Status.SESSION_EXPIRED.getNumber());
    KvException first = failure(kv.put(b("a"), b("1")));
    assertThat(first.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(first.outcomeUnknown()).isFalse();
    cluster.leaderOf("a").willMeet(FakeNode.lostReply());
    KvException second = failure(kv.put(b("a"), b("1")));
    assertThat(second.code()).isEqualTo(ErrorCode.SESSION_EXPIRED);
    assertThat(second.outcomeUnknown()).isTrue();
  }

  @Test
  void anInterruptedWaitIsOfUnknownOutcomeOnlyForWrites() {
    IntStream.rangeClosed(1, 3).forEach(node -> cluster.node(node).fallSilent());
    SyncKvClient sync = kv.withTimeout(SOON).sync();
    assertThat(interrupted(() -> sync.get(b("a"))).outcomeUnknown()).isFalse();
    assertThat(interrupted(() -> sync.count(Scan.all())).outcomeUnknown()).isFalse();
    assertThat(interrupted(() -> sync.put(b("a"), b("1"))).outcomeUnknown()).isTrue();
    assertThat(interrupted(() -> sync.delete(b("a"))).outcomeUnknown()).isTrue();
  }

  private static KvException interrupted(ThrowingCallable wait) {
    Thread.currentThread().interrupt();
    try {
      return catchThrowableOfType(KvException.class, wait);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void manyWritesOfWhichSomeWereDoneAreOfUnknownOutcome() {
    Bytes wrong = Bytes.of(new byte[0]);
    KvException none = failure(kv.putAll(Map.of(wrong, b("1"))));
    assertThat(none.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(none.outcomeUnknown()).isFalse();
    KvException some = failure(kv.putAll(Map.of(b("a"), b("1"), wrong, b("1"))));
    assertThat(some.outcomeUnknown()).isTrue();
    assertThat(some).hasMessageContaining("1 of 2 were done").hasMessageContaining("INVALID");
    assertThat(failure(kv.deleteAll(List.of(b("a"), wrong))).outcomeUnknown()).isTrue();
    assertThat(failure(kv.getAll(List.of(b("a"), wrong))).outcomeUnknown()).isFalse();
  }

  @Test
  void aWriteThatCertainlyDidNotRunHasADefiniteCause() {
    cluster.leaderOf("a").willMeet(busyForMillis(60_000));
    KvException e = failure(kv.withTimeout(Duration.ofSeconds(2)).put(b("a"), b("1")));
    assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED);
    assertThat(e.outcomeUnknown()).isFalse();
  }

  @Test
  void aReadIsNeverOfUnknownOutcome() {
    cluster.leaderOf("a").fallSilent();
    KvException e = failure(kv.withTimeout(SOON).get(b("a")));
    assertThat(e.outcomeUnknown()).isFalse();
    assertThat(e.code()).isIn(ErrorCode.DEADLINE_EXCEEDED, ErrorCode.NOT_LEADER);
  }

  @Test
  void silenceIsGivenUpAtTheDeadlineAndNotLater() {
    IntStream.rangeClosed(1, 3).forEach(i -> cluster.node(i).fallSilent());
    long begun = System.nanoTime();
    List<CompletableFuture<Void>> puts =
        IntStream.range(0, 500)
            .mapToObj(i -> kv.withTimeout(SOON).put(b("a" + i), b("1")))
            .toList();
    puts.forEach(put -> assertThat(failure(put)).isNotNull());
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(9));
  }

  @Test
  void whatWasNeverSentIsDefinite() {
    FakeCluster bare = new FakeCluster(1, 1);
    try (FlotillaClient lonely = FlotillaClient.open(bare.config().withAttemptTimeout(SOON))) {
      bare.close();
      KvException e = failure(lonely.keyspace("default").withTimeout(SOON).put(b("a"), b("1")));
      assertThat(e.outcomeUnknown()).isFalse();
      assertThat(e.code()).isIn(ErrorCode.UNAVAILABLE, ErrorCode.DEADLINE_EXCEEDED);
    }
  }

  @Test
  void finalErrorsAreToldAtOnceAndOnlyToWhomTheyConcern() {
    cluster.leaderOf("a").willMeet(FakeNode.refusal(ErrorCode.INTERNAL));
    KvException e = failure(kv.put(b("a"), b("1")));
    assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(e).hasMessageContaining("as told (127.0.0.1:");
    // A request of many that is refused as a whole is taken apart.
    cluster.moveLeader("a", 0);
    List<CompletableFuture<Void>> puts =
        IntStream.range(0, 20).mapToObj(i -> kv.put(b("a" + i), b("1"))).toList();
    await().until(() -> client.stats().failedRequests() >= 3);
    FakeNode leader = cluster.node(1);
    leader.willMeet(FakeNode.refusal(ErrorCode.INVALID_REQUEST));
    cluster.moveLeader("a", 1);
    puts.forEach(FlotillaClient::await);
    assertThat(cluster.state().executions()).isEqualTo(20);
  }

  // ---- overload ----

  @Test
  void anOverloadedNodeIsLeftAloneForAsLongAsItAsks() {
    FakeNode leader = cluster.leaderOf("a");
    leader.willMeet(busyForMillis(300));
    long begun = System.nanoTime();
    kv.sync().put(b("a"), b("1"));
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(290));
    assertThat(leader.requests()).isEqualTo(2);
  }

  @Test
  void whileAShardIsInTroubleItIsAskedOneRequestAtATime() {
    cluster.moveLeader("a", 0);
    List<CompletableFuture<Void>> puts =
        IntStream.range(0, 5_000)
            .mapToObj(i -> kv.withTimeout(Duration.ofSeconds(2)).put(b("a" + i), b("1")))
            .toList();
    // What is under way just then is of unknown outcome.
    puts.forEach(
        put ->
            assertThat(failure(put).code()).isIn(ErrorCode.NOT_LEADER, ErrorCode.UNKNOWN_OUTCOME));
    assertThat(client.stats().requests()).isLessThan(100);
  }

  @Test
  void theClientRefusesWhatItCannotHold() {
    LimitsConfig small = new LimitsConfig(4096, 1 << 20, 10, 2 << 20, 256, 512 << 10, 4);
    try (FlotillaClient tight = FlotillaClient.connect(cluster.config().withLimits(small))) {
      KvClient tightKv = tight.keyspace("default").withTimeout(SOON);
      cluster.moveLeader("a", 0);
      List<CompletableFuture<Void>> puts =
          IntStream.range(0, 11).mapToObj(i -> tightKv.put(b("a" + i), b("1"))).toList();
      KvException e = failure(puts.get(10));
      assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED);
      assertThat(e).hasMessageContaining("10 operations are under way in this client");
      puts.subList(0, 10)
          .forEach(put -> assertThat(failure(put).code()).isNotEqualTo(ErrorCode.OVERLOADED));
      cluster.moveLeader("a", 1);
      FlotillaClient.await(tightKv.withTimeout(Duration.ofSeconds(20)).put(b("a"), b("1")));
    }
  }

  // ---- the end ----

  @Test
  void closingWaitsForWhatIsUnderWayAndRefusesTheRest() {
    FlotillaClient other = FlotillaClient.connect(cluster.config());
    KvClient otherKv = other.keyspace("default");
    List<CompletableFuture<Void>> puts =
        IntStream.range(0, 1_000).mapToObj(i -> otherKv.put(b("k" + i), b("1"))).toList();
    other.close();
    puts.forEach(put -> assertThat(put).isCompleted());
    KvException e = failure(otherKv.put(b("late"), b("1")));
    assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(e).hasMessageContaining("the client is closed");
  }

  @Test
  void closingEndsWhatWouldNotEnd() {
    FlotillaClient other =
        FlotillaClient.connect(cluster.config().withCallTimeout(Duration.ofSeconds(2)));
    cluster.leaderOf("a").willMeet(busyForMillis(60_000));
    CompletableFuture<Void> put =
        other.keyspace("default").withTimeout(Duration.ofHours(1)).put(b("a"), b("1"));
    await().until(() -> other.stats().failedRequests() == 1);
    other.close();
    assertThat(failure(put).code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void aClientOfAnotherClusterIsToldSo() {
    ClientConfig foreign = cluster.config().withCluster("other").withCallTimeout(SOON);
    KvException e =
        catchThrowableOfType(KvException.class, () -> FlotillaClient.connect(foreign).close());
    assertThat(e).hasMessageContaining("belongs to cluster fake");
  }
}
