package io.flotilla.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.WatchRequest;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server whose callers are foreign, broken, or mean. */
class HostileInputTest {
  private static final int MAGIC = 0x464c4f54;
  private static final int REQUEST = 5;
  private static final int ERROR = 8;

  private final NetThreads threads = new NetThreads(2, "hostile-test");
  private final RpcClient client = new RpcClient(threads, new Hello("test", Hello.Role.CLIENT, 0));
  private final Queue<RpcCall<ReadRequest, ReadReply>> held = new ConcurrentLinkedQueue<>();
  private final Queue<RpcCall<WatchRequest, MapUpdate>> watches = new ConcurrentLinkedQueue<>();
  private final AtomicInteger malformed = new AtomicInteger();
  private final List<RpcServer> servers = new ArrayList<>();
  private int port;

  @BeforeEach
  void listen() throws IOException {
    port = listen(ServerLimits.DEFAULT);
  }

  private int listen(ServerLimits limits) throws IOException {
    RpcServer server =
        new RpcServer(threads, new Hello("test", Hello.Role.NODE, 7), limits)
            .handle(RpcMethods.KV_READ, this::answer)
            .handle(RpcMethods.WATCH_MAP, watches::add)
            .onPeer(ConnectionKind.RAFT, peer -> this::receive);
    servers.add(server);
    return server.listen("127.0.0.1", 0);
  }

  private void answer(RpcCall<ReadRequest, ReadReply> call) {
    if (call.request().getShard() == 1) {
      held.add(call);
    } else {
      call.reply(ReadReply.getDefaultInstance());
    }
  }

  private void receive(ByteBuffer frame) {
    malformed.incrementAndGet();
    throw new IllegalArgumentException("no sense in " + frame.remaining() + " bytes");
  }

  @AfterEach
  void close() {
    client.close();
    servers.forEach(RpcServer::close);
    threads.close();
  }

  private void assertServes() {
    client
        .call(
            "127.0.0.1:" + port,
            RpcMethods.KV_READ,
            ReadRequest.getDefaultInstance(),
            Duration.ofSeconds(30))
        .join();
  }

  private ErrorDetail goodbyeTo(byte... bytes) throws IOException {
    try (RawPeer peer = RawPeer.dial(port)) {
      return peer.write(bytes).readGoodbye();
    }
  }

  private ErrorDetail goodbyeToHello(byte... hello) throws IOException {
    return goodbyeTo(RawPeer.frame(1, hello));
  }

  private ErrorDetail goodbyeAfterGreeting(byte... bytes) throws IOException {
    try (RawPeer peer = RawPeer.dial(port).greet()) {
      return peer.write(bytes).readGoodbye();
    }
  }

  private void assertRefused(ErrorDetail detail, ErrorCode code, String... words) {
    assertThat(ErrorCode.of(detail.getCode())).isEqualTo(code);
    for (String word : words) {
      assertThat(detail.getMessage()).contains(word);
    }
    assertThat(detail.getMessage()).isNotBlank();
    assertServes();
  }

  @Test
  void anotherCluster() throws IOException {
    ErrorDetail why = goodbyeToHello(RawPeer.hello(MAGIC, 1, 0, 0, 0, 0, "other"));
    assertRefused(why, ErrorCode.CONFLICT, "test", "other");
  }

  @Test
  void anotherVersion() throws IOException {
    ErrorDetail why = goodbyeToHello(RawPeer.hello(MAGIC, 2, 0, 0, 0, 0, "test"));
    assertRefused(why, ErrorCode.INVALID_REQUEST, "version 2", "version 1");
  }

  @Test
  void anotherNodeThanMeant() throws IOException {
    ErrorDetail why = goodbyeToHello(RawPeer.hello(MAGIC, 1, 0, 0, 0, 8, "test"));
    assertRefused(why, ErrorCode.CONFLICT, "7", "8");
  }

  @Test
  void greetingsThatMakeNoSense() throws IOException {
    byte[] good = RawPeer.hello(0, 0, 0);
    List<byte[]> bad =
        List.of(
            RawPeer.hello(MAGIC + 1, 1, 0, 0, 0, 0, "test"),
            RawPeer.hello(9, 0, 0),
            RawPeer.hello(0, 9, 0),
            RawPeer.hello(0, 0, -1),
            RawPeer.hello(MAGIC, 1, 0, 1, 3, 0, ""), // only clients may leave it out
            RawPeer.hello(MAGIC, 1, 0, 0, 0, 0, "a b"),
            RawPeer.hello(MAGIC, 1, 0, 0, 0, 0, "x".repeat(65)),
            Arrays.copyOf(good, good.length - 1),
            Arrays.copyOf(good, good.length + 1),
            new byte[0]);
    for (byte[] hello : bad) {
      assertRefused(goodbyeToHello(hello), ErrorCode.INVALID_REQUEST);
    }
  }

  @Test
  void peersOfNobody() throws IOException {
    int raft = ConnectionKind.RAFT.number();
    int snapshot = ConnectionKind.SNAPSHOT.number();
    assertRefused(
        goodbyeToHello(RawPeer.hello(snapshot, 1, 3)), ErrorCode.INVALID_REQUEST, "SNAPSHOT");
    assertRefused(goodbyeToHello(RawPeer.hello(raft, 2, 3)), ErrorCode.CONFLICT, "PLACEMENT 3");
    assertRefused(goodbyeToHello(RawPeer.hello(raft, 1, 0)), ErrorCode.CONFLICT, "NODE 0");
  }

  @Test
  void peersThatTalkNonsense() throws IOException {
    byte[] hello = RawPeer.frame(1, RawPeer.hello(ConnectionKind.RAFT.number(), 1, 3));
    try (RawPeer peer = RawPeer.dial(port).write(hello)) {
      peer.read();
      peer.writeFrame(10, new byte[33]);
      assertRefused(peer.readGoodbye(), ErrorCode.INVALID_REQUEST, "33 bytes");
    }
    try (RawPeer peer = RawPeer.dial(port).write(hello)) {
      peer.read();
      peer.writeFrame(REQUEST, RawPeer.request(1, 2, 0));
      assertRefused(peer.readGoodbye(), ErrorCode.INVALID_REQUEST, "PEER");
    }
    assertThat(malformed).hasValue(1);
  }

  @Test
  void anHttpRequest() throws IOException {
    byte[] http = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    assertRefused(goodbyeTo(http), ErrorCode.INVALID_REQUEST, "5 to 1024", "before the greeting");
  }

  @Test
  void aRequestBeforeTheGreeting() throws IOException {
    byte[] request = RawPeer.frame(REQUEST, RawPeer.request(1, 2, 0));
    assertRefused(goodbyeTo(request), ErrorCode.INVALID_REQUEST, "HELLO");
  }

  @Test
  void framesTooLongOrTooShort() throws IOException {
    for (int length : new int[] {Integer.MAX_VALUE, Integer.MIN_VALUE, -1, 16_777_217, 0, 4}) {
      byte[] frame = ByteBuffer.allocate(12).putInt(length).array();
      long before = NetThreads.ALLOCATOR.metric().usedDirectMemory();
      assertRefused(
          goodbyeAfterGreeting(frame),
          ErrorCode.INVALID_REQUEST,
          Long.toString(Integer.toUnsignedLong(length)),
          "5 to 16777216");
      assertThat(NetThreads.ALLOCATOR.metric().usedDirectMemory() - before)
          .isLessThan(16 * 1024 * 1024);
    }
    assertRefused(
        goodbyeTo(ByteBuffer.allocate(12).putInt(1025).array()), ErrorCode.INVALID_REQUEST, "1025");
  }

  @Test
  void aWrongChecksum() throws IOException {
    byte[] frame = RawPeer.frame(REQUEST, RawPeer.request(1, 2, 0));
    frame[frame.length - 1] ^= 1;
    assertRefused(goodbyeAfterGreeting(frame), ErrorCode.INVALID_REQUEST, "checksum");
  }

  @Test
  void framesOfNoUseHere() throws IOException {
    for (int type : new int[] {0, 1, 6, 7, 8, 10, 11, 255}) {
      assertRefused(
          goodbyeAfterGreeting(RawPeer.frame(type, new byte[20])), ErrorCode.INVALID_REQUEST);
    }
    assertRefused(goodbyeAfterGreeting(RawPeer.frame(REQUEST)), ErrorCode.INVALID_REQUEST, "14");
    assertRefused(
        goodbyeAfterGreeting(RawPeer.frame(9, new byte[7])), ErrorCode.INVALID_REQUEST, "CANCEL");
  }

  @Test
  void oneCallTwice() throws IOException {
    byte[] hold = ReadRequest.newBuilder().setShard(1).build().toByteArray();
    try (RawPeer peer = RawPeer.dial(port).greet()) {
      peer.writeFrame(REQUEST, RawPeer.request(5, 2, 0, hold));
      peer.writeFrame(REQUEST, RawPeer.request(5, 2, 0, hold));
      assertRefused(peer.readGoodbye(), ErrorCode.INVALID_REQUEST, "call 5");
    }
    AtomicInteger closed = new AtomicInteger();
    held.peek().onClosed(closed::incrementAndGet);
    await().untilAsserted(() -> assertThat(closed).hasValue(1));
  }

  @Test
  void aMalformedMessageFailsItsCallAlone() throws IOException {
    try (RawPeer peer = RawPeer.dial(port).greet()) {
      peer.writeFrame(REQUEST, RawPeer.request(1, 2, 0, (byte) 0xff, (byte) 0xff));
      RawPeer.Frame error = peer.read();
      assertThat(error.type()).isEqualTo(ERROR);
      assertThat(error.call()).isEqualTo(1);
      peer.writeFrame(REQUEST, RawPeer.request(2, 2, 0));
      assertThat(peer.read().call()).isEqualTo(2);
      peer.writeFrame(3); // PING
      assertThat(peer.read().type()).isEqualTo(4);
    }
  }

  @Test
  void bytesMayComeOneByOne() throws IOException {
    try (RawPeer peer = RawPeer.dial(port)) {
      for (byte b : RawPeer.frame(1, RawPeer.hello(0, 0, 0))) {
        peer.write(b);
      }
      assertThat(peer.read().type()).isEqualTo(1);
      for (byte b : RawPeer.frame(REQUEST, RawPeer.request(1, 2, 0))) {
        peer.write(b);
      }
      assertThat(peer.read().call()).isEqualTo(1);
    }
  }

  @Test
  void whoDoesNotGreetInTimeIsClosed() throws IOException {
    port = listen(new ServerLimits(10_000, 200, 100, 1_000_000, 1_000_000, 1_000_000, 60_000));
    byte[] hello = RawPeer.frame(1, RawPeer.hello(0, 0, 0));
    assertRefused(goodbyeTo(), ErrorCode.INVALID_REQUEST, "200 ms");
    assertRefused(
        goodbyeTo(Arrays.copyOf(hello, hello.length - 1)), ErrorCode.INVALID_REQUEST, "200 ms");
  }

  @Test
  void whoFallsSilentIsClosed() throws IOException {
    port = listen(new ServerLimits(10_000, 50, 100, 1_000_000, 1_000_000, 1_000_000, 200));
    try (RawPeer peer = RawPeer.dial(port).greet()) {
      assertThat(peer.readGoodbye().getMessage()).contains("nothing came");
    }
  }

  @Test
  void connectionsAreCapped() throws IOException {
    port = listen(new ServerLimits(2, 5000, 100, 1_000_000, 1_000_000, 1_000_000, 60_000));
    RawPeer first = RawPeer.dial(port).greet();
    try (RawPeer second = RawPeer.dial(port).greet();
        RawPeer third = RawPeer.dial(port)) {
      ErrorDetail why = third.readGoodbye();
      assertThat(ErrorCode.of(why.getCode())).isEqualTo(ErrorCode.OVERLOADED);
      second.writeFrame(3);
      assertThat(second.read().type()).isEqualTo(4);
    } finally {
      first.close();
    }
    await().untilAsserted(this::assertServes);
  }

  @Test
  void whoAsksWithoutEndIsNotReadAnyFurther() throws Exception {
    port = listen(new ServerLimits(10, 5000, 100, 1_000_000, 1_000_000, 1_000_000, 60_000));
    byte[] hold = ReadRequest.newBuilder().setShard(1).build().toByteArray();
    try (RawPeer peer = RawPeer.dial(port).greet()) {
      Thread writer =
          new Thread(
              () -> {
                try {
                  for (int call = 1; call <= 1_000_000; call++) {
                    peer.write(RawPeer.frame(REQUEST, RawPeer.request(call, 2, 0, hold)));
                  }
                } catch (IOException e) {
                  // Closed below.
                }
              });
      writer.start();
      // The writer is stuck: what is held stands still, far below what it wants to send.
      int[] last = {-1, 0};
      await()
          .pollInterval(Duration.ofMillis(50))
          .until(
              () -> {
                last[1] = held.size() == last[0] && last[0] > 0 ? last[1] + 1 : 0;
                last[0] = held.size();
                return last[1] == 5;
              });
      assertThat(held.size()).isLessThan(20_000);
      peer.close();
      writer.join();
    }
  }

  @Test
  void whoDoesNotReadItsStreamIsFoundUnwritableAndThenClosed() throws IOException {
    port = listen(new ServerLimits(10, 5000, 100, 1_000_000, 4_000_000, 4_000_000, 60_000));
    try (RawPeer peer = RawPeer.dial(port).greet()) {
      int method = RpcMethods.WATCH_MAP.id();
      peer.writeFrame(REQUEST, RawPeer.request(1, method, 0));
      await().until(() -> !watches.isEmpty());
      RpcCall<WatchRequest, MapUpdate> watch = watches.peek();
      AtomicInteger closed = new AtomicInteger();
      watch.onClosed(closed::incrementAndGet);
      MapUpdate update =
          MapUpdate.newBuilder()
              .addShards(Shard.newBuilder().setStart(ByteString.copyFrom(new byte[100_000])))
              .build();
      await()
          .until(
              () -> {
                watch.reply(update);
                return !watch.isWritable();
              });
      while (closed.get() == 0) {
        watch.reply(update);
      }
      assertServes();
    }
  }

  /** Each within its own bound, all together far above what there is for all. */
  @Test
  void ofManyWhoDoNotReadThoseWithTheMostAreClosed() throws IOException {
    long allBytes = 6_000_000;
    port = listen(new ServerLimits(100, 5000, 100, 1_000_000, 4_000_000, allBytes, 60_000));
    RpcServer server = servers.get(servers.size() - 1);
    MapUpdate update =
        MapUpdate.newBuilder()
            .addShards(Shard.newBuilder().setStart(ByteString.copyFrom(new byte[100_000])))
            .build();
    List<RawPeer> peers = new ArrayList<>();
    AtomicInteger closed = new AtomicInteger();
    try {
      for (int i = 0; i < 10; i++) {
        RawPeer peer = RawPeer.dial(port).greet();
        peers.add(peer);
        peer.writeFrame(REQUEST, RawPeer.request(1, RpcMethods.WATCH_MAP.id(), 0));
      }
      await().until(() -> watches.size() == peers.size());
      watches.forEach(watch -> watch.onClosed(closed::incrementAndGet));
      while (closed.get() < peers.size() / 2) {
        for (RpcCall<WatchRequest, MapUpdate> watch : watches) {
          watch.reply(update);
        }
        assertThat(server.answerMemory().usedBytes()).isLessThan(3 * allBytes);
      }
      assertServes();
    } finally {
      for (RawPeer peer : peers) {
        peer.close();
      }
    }
    await().until(() -> server.answerMemory().usedBytes() == 0);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void noise(long seed) throws IOException {
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      byte[] noise = new byte[random.nextInt(300)];
      random.nextBytes(noise);
      sendAndForget(false, noise);
    }
    assertServes();
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5, 6})
  void garbledFrames(long seed) throws IOException {
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      byte[] body = new byte[random.nextInt(60)];
      random.nextBytes(body);
      if (body.length >= 14 && random.nextBoolean()) {
        body[8] = 0;
        body[9] = (byte) RpcMethods.KV_READ.id();
      }
      byte[] frame = RawPeer.frame(random.nextInt(12), body);
      if (random.nextInt(4) == 0) {
        frame[random.nextInt(frame.length)] ^= (byte) (1 << random.nextInt(8));
      }
      sendAndForget(random.nextInt(8) != 0, frame);
    }
    assertServes();
  }

  /** Whatever the server makes of it: it is not to stay connected for long, nor to fall over. */
  private void sendAndForget(boolean greet, byte... bytes) throws IOException {
    try (RawPeer peer = RawPeer.dial(port)) {
      if (greet) {
        peer.greet();
      }
      peer.write(bytes);
    } catch (SocketException e) {
      assertThat(e).hasMessageMatching("(?i).*(reset|broken pipe).*");
    }
  }
}
