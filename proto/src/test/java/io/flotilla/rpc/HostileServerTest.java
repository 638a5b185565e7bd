package io.flotilla.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ReadRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a caller is told when the other side is foreign, broken, slow, or gone. */
class HostileServerTest {
  private static final Duration PLENTY = Duration.ofSeconds(30);
  private static final Hello SELF = new Hello("test", Hello.Role.CLIENT, 0);
  private static final LinkLimits QUICK = new LinkLimits(2000, 300, 50, 200, 200);
  private static final int MIB = 1024 * 1024;

  private final NetThreads threads = new NetThreads(1, "hostile-test");
  private final List<RpcClient> clients = new ArrayList<>();
  private RpcClient client;
  private ServerSocket listener;
  private String address;

  @BeforeEach
  void listen() throws IOException {
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    listener.setSoTimeout(30_000);
    address = "127.0.0.1:" + listener.getLocalPort();
    client = newClient(ClientLimits.DEFAULT);
  }

  private RpcClient newClient(ClientLimits limits) {
    RpcClient made = new RpcClient(threads, SELF, limits);
    clients.add(made);
    return made;
  }

  @AfterEach
  void close() throws IOException {
    listener.close();
    clients.forEach(RpcClient::close);
    threads.close();
  }

  private RawPeer accept() throws IOException {
    return new RawPeer(listener.accept());
  }

  private CompletableFuture<ReadReply> read(Duration timeout) {
    return client.call(address, RpcMethods.KV_READ, ReadRequest.getDefaultInstance(), timeout);
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

  private static ErrorCode code(CompletableFuture<?> call) {
    return failure(call).code();
  }

  @Test
  void aConnectionThatEndsBeforeTheGreetingHasCarriedNothing() throws IOException {
    var call = read(PLENTY);
    accept().close();
    assertThat(code(call)).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void aConnectionThatEndsAfterTheRequestMayHaveCarriedIt() throws IOException {
    var call = read(PLENTY);
    try (RawPeer server = accept().greetBack("test")) {
      assertThat(server.read().type()).isEqualTo(5);
    }
    assertThat(code(call)).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
  }

  @Test
  void anotherClusterIsNotTalkedTo() throws IOException {
    var call = read(PLENTY);
    try (RawPeer server = accept().greetBack("other")) {
      ErrorDetail why = server.readGoodbye();
      assertThat(why.getMessage()).contains("other", "test");
    }
    assertThat(code(call)).isEqualTo(ErrorCode.CONFLICT);
  }

  @Test
  void aRefusedGreetingIsTheAnswer() throws IOException {
    var call = read(PLENTY);
    try (RawPeer server = accept()) {
      server.read();
      ErrorDetail why = Link.detail(ErrorCode.CONFLICT, "not you");
      server.writeFrame(2, why.toByteArray());
      assertThat(failure(call)).hasMessageContaining("not you");
      assertThat(code(call)).isEqualTo(ErrorCode.CONFLICT);
    }
  }

  @Test
  void aGoodbyeLaterLeavesSentRequestsUnknown() throws IOException {
    var call = read(PLENTY);
    try (RawPeer server = accept().greetBack("test")) {
      server.read();
      ErrorDetail why = Link.detail(ErrorCode.INVALID_REQUEST, "enough");
      server.writeFrame(2, why.toByteArray());
      assertThat(code(call)).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    }
  }

  @Test
  void whoeverDoesNotGreetIsGivenUp() throws IOException {
    client = newClient(new ClientLimits(1, 100, MIB, QUICK));
    var call = read(PLENTY);
    try (RawPeer server = accept()) {
      assertThat(failure(call)).hasMessageContaining("300 ms");
      assertThat(code(call)).isEqualTo(ErrorCode.UNAVAILABLE);
      server.read();
    }
  }

  @Test
  void aDeadlineBeforeTheRequestIsSentIsDefinite() throws IOException {
    var call = read(Duration.ofMillis(100));
    try (RawPeer server = accept()) {
      assertThat(code(call)).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
      // And it will never be sent.
      server.greetBack("test");
      var next = read(PLENTY);
      assertThat(server.read().call()).isEqualTo(1);
      server.writeFrame(6, new byte[8 - 1]);
      assertThat(server.read().type()).isEqualTo(2);
      assertThat(code(next)).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    }
  }

  @Test
  void whoeverGivesNoSignOfLifeIsGivenUp() throws IOException {
    client = newClient(new ClientLimits(1, 100, MIB, QUICK));
    var call = read(PLENTY);
    try (RawPeer server = accept().greetBack("test")) {
      assertThat(failure(call)).hasMessageContaining("no sign of life");
      assertThat(code(call)).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
      assertThat(server.read().type()).isEqualTo(5);
      assertThat(server.read().type()).isEqualTo(3);
    }
  }

  @Test
  void callsAreBoundedInNumber() throws IOException {
    client = newClient(new ClientLimits(1, 3, MIB, LinkLimits.DEFAULT));
    List<CompletableFuture<ReadReply>> calls = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      calls.add(read(PLENTY));
    }
    assertThat(code(calls.get(3))).isEqualTo(ErrorCode.OVERLOADED);
    assertThat(code(calls.get(4))).isEqualTo(ErrorCode.OVERLOADED);
    try (RawPeer server = accept().greetBack("test")) {
      long id = server.read().call();
      server.writeFrame(6, ByteBuffer.allocate(8).putLong(id).array());
      await().until(() -> calls.stream().filter(call -> call.isDone()).count() == 3);
      calls.add(read(PLENTY));
      server.read();
      server.read();
      assertThat(server.read().type()).isEqualTo(5);
    }
  }

  @Test
  void requestsThatCannotBeWrittenAreBoundedInBytesAndKnownToBeUnsent() throws IOException {
    client = newClient(new ClientLimits(1, 1_000, 8 * MIB, LinkLimits.DEFAULT));
    ReadRequest large =
        ReadRequest.newBuilder().addKeys(ByteString.copyFrom(new byte[MIB])).build();
    var first = client.call(address, RpcMethods.KV_READ, large, PLENTY);
    List<CompletableFuture<ReadReply>> calls = new ArrayList<>();
    try (RawPeer server = accept().greetBack("test")) {
      server.read();
      // Nothing more is read: buffers fill, then the queue, then calls are refused.
      await()
          .pollInterval(Duration.ofMillis(1))
          .until(
              () -> {
                var call = client.call(address, RpcMethods.KV_READ, large, PLENTY);
                calls.add(call);
                return call.isDone();
              });
    }
    assertThat(code(first)).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    List<ErrorCode> ends = calls.stream().map(HostileServerTest::code).toList();
    int last = ends.size() - 1;
    assertThat(ends.get(0)).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
    assertThat(ends.get(last)).isEqualTo(ErrorCode.OVERLOADED);
    assertThat(ends.get(last - 1)).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(ends.indexOf(ErrorCode.UNAVAILABLE))
        .isGreaterThan(ends.lastIndexOf(ErrorCode.UNKNOWN_OUTCOME));
  }

  @Test
  void attemptsBackOff() throws IOException {
    client = newClient(new ClientLimits(1, 100, MIB, new LinkLimits(2000, 5000, 2000, 4000, 1000)));
    for (int i = 0; i < 2; i++) {
      var call = read(PLENTY);
      if (i == 0) {
        accept().close();
      }
      assertThat(code(call)).isEqualTo(ErrorCode.UNAVAILABLE);
    }
    listener.setSoTimeout(1);
    for (int i = 0; i < 20; i++) {
      assertThat(code(read(PLENTY))).isEqualTo(ErrorCode.UNAVAILABLE);
    }
    org.junit.jupiter.api.Assertions.assertThrows(
        java.net.SocketTimeoutException.class, () -> listener.accept());
  }

  @Test
  void aMalformedReplyLeavesTheOutcomeUnknownAndTheConnectionUp() throws IOException {
    var call = read(PLENTY);
    try (RawPeer server = accept().greetBack("test")) {
      long id = server.read().call();
      byte[] reply = ByteBuffer.allocate(10).putLong(id).putShort((short) -1).array();
      server.writeFrame(6, reply);
      assertThat(code(call)).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
      var next = read(PLENTY);
      RawPeer.Frame frame = server.read();
      while (frame.type() != 5) {
        frame = server.read();
      }
      server.writeFrame(6, ByteBuffer.allocate(8).putLong(frame.call()).array());
      assertThat(next.orTimeout(30, TimeUnit.SECONDS).join()).isNotNull();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void noiseIsUnavailableOrUnknownAndNothingElse(long seed) throws IOException {
    Random random = new Random(seed);
    client = newClient(new ClientLimits(1, 100, MIB, new LinkLimits(2000, 5000, 1, 1, 1000)));
    for (int i = 0; i < 100; i++) {
      byte[] noise = new byte[random.nextInt(100)];
      random.nextBytes(noise);
      boolean greeted = random.nextBoolean();
      var call = dialled();
      try (RawPeer server = accept()) {
        if (greeted) {
          server.greetBack("test");
          server.read();
        }
        server.write(greeted ? RawPeer.frame(random.nextInt(12), noise) : noise);
      }
      if (greeted) {
        assertThat(code(call)).isEqualTo(ErrorCode.UNKNOWN_OUTCOME);
      } else {
        assertThat(code(call)).isIn(ErrorCode.UNAVAILABLE, ErrorCode.INVALID_REQUEST);
      }
    }
  }

  /** A call that was not refused because it came too soon. */
  private CompletableFuture<ReadReply> dialled() {
    List<CompletableFuture<ReadReply>> last = new ArrayList<>();
    await()
        .pollInterval(Duration.ofMillis(5))
        .until(
            () -> {
              last.clear();
              last.add(read(PLENTY));
              return threads.group().next().submit(() -> !last.get(0).isDone()).get();
            });
    return last.get(0);
  }
}
