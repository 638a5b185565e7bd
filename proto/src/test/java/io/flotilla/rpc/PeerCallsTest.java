package io.flotilla.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ReadRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests between peers, on connections that carry nothing else. */
class PeerCallsTest {
  private static final Duration PLENTY = Duration.ofSeconds(30);

  private final NetThreads threads = new NetThreads(2, "peer-test");
  private final Queue<Hello> callers = new ConcurrentLinkedQueue<>();
  private final List<PeerClient> clients = new ArrayList<>();
  private RpcServer server;
  private int port;

  @BeforeEach
  void listen() throws IOException {
    server = newServer();
    port = server.listen("127.0.0.1", 0);
  }

  private RpcServer newServer() {
    return new RpcServer(threads, hello(Hello.Role.NODE, 1))
        .handlePeers(
            ConnectionKind.SNAPSHOT,
            RpcMethods.KV_READ,
            (peer, call) -> {
              callers.add(peer);
              call.reply(ReadReply.newBuilder().setApplied(peer.node()).build());
            });
  }

  @AfterEach
  void close() {
    clients.forEach(PeerClient::close);
    server.close();
    threads.close();
  }

  private static Hello hello(Hello.Role role, long node) {
    return new Hello("test", role, node);
  }

  private PeerClient client(Hello self, ConnectionKind kind, long node) {
    Optional<String> address = Optional.of("127.0.0.1:" + port);
    PeerClient made =
        new PeerClient(threads, self, kind, node, () -> address, ClientLimits.DEFAULT);
    clients.add(made);
    return made;
  }

  private static CompletableFuture<ReadReply> read(PeerClient client) {
    return client.call(RpcMethods.KV_READ, ReadRequest.getDefaultInstance(), PLENTY);
  }

  private static RpcException failure(CompletableFuture<?> call) {
    try {
      throw new AssertionError("answered with " + call.orTimeout(30, TimeUnit.SECONDS).join());
    } catch (CompletionException e) {
      assertThat(e.getCause()).isInstanceOf(RpcException.class);
      return (RpcException) e.getCause();
    }
  }

  @Test
  void whoAnswersKnowsWhoCalls() {
    LongStream.of(2, 3)
        .forEach(
            node -> {
              PeerClient client = client(hello(Hello.Role.NODE, node), ConnectionKind.SNAPSHOT, 1);
              assertThat(read(client).orTimeout(30, TimeUnit.SECONDS).join().getApplied())
                  .isEqualTo(node);
            });
    assertThat(callers).extracting(Hello::node).containsExactly(2L, 3L);
  }

  @Test
  void whoIsNoPeerIsRefused() {
    Hello client = hello(Hello.Role.CLIENT, 0);
    Hello placement = hello(Hello.Role.PLACEMENT, 2);
    Hello nobody = hello(Hello.Role.NODE, 0);
    for (Hello stranger : List.of(client, placement, nobody)) {
      assertThat(failure(read(client(stranger, ConnectionKind.SNAPSHOT, 1))).code())
          .isEqualTo(ErrorCode.CONFLICT);
    }
    Hello two = hello(Hello.Role.NODE, 2);
    assertThat(failure(read(client(two, ConnectionKind.SNAPSHOT, 9))))
        .hasMessageContaining("not node 9");
    assertThat(failure(read(client(two, ConnectionKind.RAFT, 1))))
        .hasMessageContaining("no RAFT connections are taken here");
    assertThat(callers).isEmpty();
  }

  @Test
  void whatPeersMayCallNobodyElseMay() {
    try (RpcClient client = new RpcClient(threads, hello(Hello.Role.NODE, 2))) {
      var call =
          client.call(
              "127.0.0.1:" + port, RpcMethods.KV_READ, ReadRequest.getDefaultInstance(), PLENTY);
      assertThat(failure(call)).hasMessageContaining("no method has number");
    }
  }

  @Test
  void aKindOfConnectionIsForRequestsOrForFrames() {
    RpcServer taken = newServer();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> taken.onPeer(ConnectionKind.SNAPSHOT, peer -> frame -> {}));
    taken.onPeer(ConnectionKind.RAFT, peer -> frame -> {});
    for (ConnectionKind kind : List.of(ConnectionKind.RAFT, ConnectionKind.RPC)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> taken.handlePeers(kind, RpcMethods.KV_READ, (peer, call) -> {}));
    }
  }

  @Test
  void aRequestThatIsTooLargeIsRefusedHere() {
    ByteString key = ByteString.copyFrom(new byte[17 << 20]);
    PeerClient client = client(hello(Hello.Role.NODE, 2), ConnectionKind.SNAPSHOT, 1);
    var call =
        client.call(RpcMethods.KV_READ, ReadRequest.newBuilder().addKeys(key).build(), PLENTY);
    assertThat(failure(call).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  @Test
  void afterClosingNobodyIsCalled() {
    PeerClient client = client(hello(Hello.Role.NODE, 2), ConnectionKind.SNAPSHOT, 1);
    client.close();
    assertThat(failure(read(client)).code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }
}
