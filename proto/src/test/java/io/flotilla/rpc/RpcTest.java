package io.flotilla.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.WatchRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests and streams between a client and a server that mean each other well. */
class RpcTest {
  private static final Duration PLENTY = Duration.ofSeconds(30);
  private static final Hello CALLER = new Hello("test", Hello.Role.CLIENT, 0);
  private static final Hello SERVER = new Hello("test", Hello.Role.NODE, 1);

  private final NetThreads threads = new NetThreads(2, "rpc-test");
  private final RpcClient client = new RpcClient(threads, CALLER);
  private final Queue<RpcCall<ReadRequest, ReadReply>> held = new ConcurrentLinkedQueue<>();
  private final Queue<RpcCall<WatchRequest, MapUpdate>> watches = new ConcurrentLinkedQueue<>();
  private RpcServer server;
  private int port;
  private String address;

  @BeforeEach
  void listen() throws IOException {
    server = newServer();
    port = server.listen("127.0.0.1", 0);
    address = "127.0.0.1:" + port;
  }

  private RpcServer newServer() {
    return new RpcServer(threads, SERVER)
        .handle(RpcMethods.KV_READ, this::answer)
        .handle(RpcMethods.WATCH_MAP, watches::add);
  }

  /** Shard 0 echoes; 1 is held; 2 throws; 3 refuses. */
  private void answer(RpcCall<ReadRequest, ReadReply> call) {
    switch ((int) call.request().getShard()) {
      case 0 -> call.reply(echo(call.request()));
      case 1 -> held.add(call);
      case 2 -> throw new IllegalStateException("a bug");
      default -> call.fail(ErrorCode.NO_SUCH_SHARD, "no shard 3");
    }
  }

  private static ReadReply echo(ReadRequest request) {
    return ReadReply.newBuilder()
        .setApplied(request.getKeysCount())
        .addValues(ReadReply.Value.newBuilder().setValue(request.getKeys(0)))
        .build();
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
    threads.close();
  }

  private static ReadRequest request(int shard, String key) {
    return ReadRequest.newBuilder().setShard(shard).addKeys(ByteString.copyFromUtf8(key)).build();
  }

  private CompletableFuture<ReadReply> read(int shard, String key) {
    return read(shard, key, PLENTY);
  }

  private CompletableFuture<ReadReply> read(int shard, String key, Duration timeout) {
    return client.call(address, RpcMethods.KV_READ, request(shard, key), timeout);
  }

  private static String value(ReadReply reply) {
    return reply.getValues(0).getValue().toStringUtf8();
  }

  private static RpcException failure(CompletableFuture<?> call) {
    try {
      Object result = call.orTimeout(30, TimeUnit.SECONDS).join();
      throw new AssertionError("answered with " + result);
    } catch (CompletionException e) {
      assertThat(e.getCause()).isInstanceOf(RpcException.class);
      return (RpcException) e.getCause();
    }
  }

  @Test
  void aRequestIsAnswered() {
    assertThat(value(read(0, "a").join())).isEqualTo("a");
  }

  @Test
  void aClientThatNamesNoClusterIsServedByAny() {
    try (RpcClient stranger = new RpcClient(threads, new Hello("", Hello.Role.CLIENT, 0))) {
      ReadReply reply = stranger.call(address, RpcMethods.KV_READ, request(0, "a"), PLENTY).join();
      assertThat(value(reply)).isEqualTo("a");
    }
  }

  @Test
  void nobodyButAClientMayLeaveTheClusterOut() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Hello("", Hello.Role.NODE, 1))
        .withMessage("cluster id must be 1 to 64 of [A-Za-z0-9_-]");
  }

  @Test
  void namesAreLookedUp() {
    ReadReply reply =
        client.call("localhost:" + port, RpcMethods.KV_READ, request(0, "a"), PLENTY).join();
    assertThat(value(reply)).isEqualTo("a");
  }

  @Test
  void theJdksSelectorServesAsWell() throws IOException {
    try (NetThreads nio = new NetThreads(1, "nio-test", false);
        RpcServer other = new RpcServer(nio, SERVER).handle(RpcMethods.KV_READ, this::answer);
        RpcClient caller = new RpcClient(nio, CALLER)) {
      String there = "127.0.0.1:" + other.listen("127.0.0.1", 0);
      var calls = new ArrayList<CompletableFuture<ReadReply>>();
      for (int i = 0; i < 1_000; i++) {
        calls.add(caller.call(there, RpcMethods.KV_READ, request(0, "a" + i), PLENTY));
      }
      for (int i = 0; i < 1_000; i++) {
        assertThat(value(calls.get(i).join())).isEqualTo("a" + i);
      }
    }
  }

  @Test
  void callsMaySpreadOverSeveralConnections() throws Exception {
    ClientLimits several = new ClientLimits(3, 1_000, 1_000_000, LinkLimits.DEFAULT);
    try (RpcClient caller = new RpcClient(threads, CALLER, several)) {
      // Each thread keeps to one connection; which one is its own affair.
      await()
          .until(
              () -> {
                Runnable call =
                    () -> caller.call(address, RpcMethods.KV_READ, request(0, "a"), PLENTY).join();
                Thread thread = new Thread(call);
                thread.start();
                thread.join();
                return server.connectionCount() == 3;
              });
    }
  }

  @Test
  void manyThreadsShareOneConnectionAndEachGetsItsOwnAnswers() {
    AtomicInteger wrong = new AtomicInteger();
    List<CompletableFuture<?>> calls = new ArrayList<>();
    List<Thread> callers = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      String name = "caller-" + t;
      Thread caller =
          new Thread(
              () -> {
                for (int i = 0; i < 5_000; i++) {
                  String key = name + "-" + i;
                  var call =
                      read(0, key)
                          .thenAccept(
                              reply -> {
                                if (!value(reply).equals(key)) {
                                  wrong.incrementAndGet();
                                }
                              });
                  synchronized (calls) {
                    calls.add(call);
                  }
                }
              });
      callers.add(caller);
      caller.start();
    }
    callers.forEach(RpcTest::join);
    CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new)).join();
    assertThat(wrong).hasValue(0);
    assertThat(server.connectionCount()).isEqualTo(1);
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void answersMayComeInAnyOrder() {
    var first = read(1, "first");
    var second = read(1, "second");
    var third = read(0, "third");
    assertThat(value(third.join())).isEqualTo("third");
    await().until(() -> held.size() == 2);
    List<RpcCall<ReadRequest, ReadReply>> calls = List.copyOf(held);
    calls.get(1).reply(echo(calls.get(1).request()));
    assertThat(value(second.join())).isEqualTo("second");
    assertThat(first).isNotDone();
    calls.get(0).reply(echo(calls.get(0).request()));
    assertThat(value(first.join())).isEqualTo("first");
  }

  @Test
  void onlyTheFirstAnswerCounts() {
    var call = read(1, "a");
    await().until(() -> !held.isEmpty());
    held.peek().fail(ErrorCode.OVERLOADED, "first");
    held.peek().reply(ReadReply.getDefaultInstance());
    assertThat(failure(call).code()).isEqualTo(ErrorCode.OVERLOADED);
    assertThat(value(read(0, "b").join())).isEqualTo("b");
  }

  @Test
  void refusalsAndBugsReachTheCaller() {
    assertThat(failure(read(3, "a")).code()).isEqualTo(ErrorCode.NO_SUCH_SHARD);
    RpcException bug = failure(read(2, "a"));
    assertThat(bug.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(bug).hasMessageContaining("a bug");
    assertThat(value(read(0, "a").join())).isEqualTo("a");
  }

  @Test
  void anUnknownMethodIsRefused() {
    var method = new RpcMethod<>(999, "none", false, ReadRequest.parser(), ReadReply.parser());
    RpcException refused = failure(client.call(address, method, request(0, "a"), PLENTY));
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(refused).hasMessageContaining("999");
  }

  @Test
  void largeRequestsAndAnswersPassAndTooLargeOnesAreRefused() {
    String large = "x".repeat(8 * 1024 * 1024);
    assertThat(value(read(0, large).join())).isEqualTo(large);
    assertThat(failure(read(0, large + large)).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    var call = read(1, "a");
    await().until(() -> !held.isEmpty());
    held.peek().reply(echo(request(0, large + large)));
    assertThat(failure(call).code()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
  }

  @Test
  void aSentRequestWithoutAnswerIsUnknownAfterItsDeadlineAndCancelledAtTheServer() {
    var call = read(1, "a", Duration.ofMillis(100));
    await().until(() -> !held.isEmpty());
    AtomicInteger closed = new AtomicInteger();
    held.peek().onClosed(closed::incrementAndGet);
    assertThat(held.peek().deadlineNanos() - System.nanoTime()).isLessThan(200_000_000);
    assertThat(failure(call).code()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    await().untilAsserted(() -> assertThat(closed).hasValue(1));
    held.peek().onClosed(closed::incrementAndGet);
    assertThat(closed).hasValue(2);
  }

  @Test
  void whenTheServerStopsSentCallsAreUnknownAndLaterOnesUnavailable() throws IOException {
    var sent = read(1, "a");
    await().until(() -> !held.isEmpty());
    server.close();
    assertThat(failure(sent).code()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    assertThat(failure(read(0, "b")).code()).isEqualTo(ErrorCode.UNAVAILABLE);

    server = newServer();
    server.listen("127.0.0.1", port);
    await().until(() -> !read(0, "c").handle((reply, e) -> e != null).join());
  }

  @Test
  void nobodyThereIsUnavailable() {
    server.close();
    for (int i = 0; i < 20; i++) {
      assertThat(failure(read(0, "a")).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    }
    assertThat(failure(client.call("nowhere", RpcMethods.KV_READ, request(0, "a"), PLENTY)).code())
        .isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  @Test
  void closingTheClientFailsItsCalls() {
    var sent = read(1, "a");
    await().until(() -> !held.isEmpty());
    client.close();
    assertThat(failure(sent).code()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    assertThat(failure(read(0, "b")).code()).isEqualTo(ErrorCode.UNAVAILABLE);
    await().until(() -> server.connectionCount() == 0);
  }

  private static MapUpdate update(long revision) {
    return MapUpdate.newBuilder().setRevision(revision).build();
  }

  @Test
  void aStreamGivesItsRepliesInOrderAndThenItsEnd() {
    List<Long> revisions = new ArrayList<>();
    CompletableFuture<RpcException> end = new CompletableFuture<>();
    client.stream(
        address,
        RpcMethods.WATCH_MAP,
        WatchRequest.getDefaultInstance(),
        reply -> revisions.add(reply.getRevision()),
        end::complete);
    await().until(() -> !watches.isEmpty());
    for (int i = 0; i < 1_000; i++) {
      watches.peek().reply(update(i));
    }
    watches.peek().fail(ErrorCode.NOT_LEADER, "no more");
    assertThat(end.join().code()).isEqualTo(ErrorCode.NOT_LEADER);
    assertThat(revisions).hasSize(1_000).isSorted();
  }

  @Test
  void closingAStreamTellsTheServer() {
    AtomicReference<RpcException> end = new AtomicReference<>();
    AtomicInteger replies = new AtomicInteger();
    RpcStream stream =
        client.stream(
            address,
            RpcMethods.WATCH_MAP,
            WatchRequest.getDefaultInstance(),
            reply -> replies.incrementAndGet(),
            end::set);
    await().until(() -> !watches.isEmpty());
    AtomicInteger closed = new AtomicInteger();
    watches.peek().onClosed(closed::incrementAndGet);
    watches.peek().reply(update(1));
    await().untilAsserted(() -> assertThat(replies).hasValue(1));
    stream.close();
    await().untilAsserted(() -> assertThat(closed).hasValue(1));
    watches.peek().reply(update(2));
    assertThat(value(read(0, "a").join())).isEqualTo("a");
    assertThat(replies).hasValue(1);
    assertThat(end).hasNullValue();
  }

  @Test
  void whatOutlivesTheLoopsMayStillBeClosed() {
    NetThreads shortLived = new NetThreads(1, "rpc-test-short");
    RpcClient other = new RpcClient(shortLived, CALLER);
    AtomicInteger ends = new AtomicInteger();
    RpcStream stream =
        other.stream(
            address,
            RpcMethods.WATCH_MAP,
            WatchRequest.getDefaultInstance(),
            update -> {},
            end -> ends.incrementAndGet());
    await().until(() -> watches.size() == 1);
    shortLived.close();
    assertThat(ends).as("the loop's end is the stream's").hasValue(1);
    stream.close();
    other.close();
  }

  @Test
  void aStreamEndsWithItsConnection() {
    CompletableFuture<RpcException> end = new CompletableFuture<>();
    client.stream(
        address,
        RpcMethods.WATCH_MAP,
        WatchRequest.getDefaultInstance(),
        reply -> {},
        end::complete);
    await().until(() -> !watches.isEmpty());
    server.close();
    assertThat(end.join().code()).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
  }

  @Test
  void aCancelledFutureIsCancelledAtTheServer() {
    var call = read(1, "a");
    await().until(() -> !held.isEmpty());
    AtomicInteger closed = new AtomicInteger();
    held.peek().onClosed(closed::incrementAndGet);
    call.cancel(false);
    await().untilAsserted(() -> assertThat(closed).hasValue(1));
  }
}
