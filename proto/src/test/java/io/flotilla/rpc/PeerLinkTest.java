package io.flotilla.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.errors.ErrorDetail;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whom a link to a peer will talk to, whatever the other side would put up with. */
class PeerLinkTest {
  private static final Hello SELF = new Hello("test", Hello.Role.NODE, 3);

  private final NetThreads threads = new NetThreads(1, "link-test");
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final PeerLink.Traffic traffic =
      new PeerLink.Traffic() {
        @Override
        public void onWritable() {
          events.add("writable");
        }

        @Override
        public void onDown(RpcException why) {
          events.add(why.getMessage());
        }
      };
  private ServerSocket listener;
  private PeerLink link;

  @BeforeEach
  void listen() throws IOException {
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    listener.setSoTimeout(30_000);
  }

  @AfterEach
  void close() throws IOException {
    listener.close();
    link.close();
    threads.close();
  }

  /** Dials {@code node} and takes its greeting, up to where the other side must say who it is. */
  private RawPeer dialled(long node) throws IOException {
    Optional<String> address = Optional.of("127.0.0.1:" + listener.getLocalPort());
    link =
        new PeerLink(
            threads, SELF, ConnectionKind.RAFT, node, () -> address, LinkLimits.DEFAULT, traffic);
    link.outbox(link::dial, 1).wake();
    RawPeer peer = new RawPeer(listener.accept());
    RawPeer.Frame hello = peer.read();
    assertThat(hello.type()).isEqualTo(1);
    assertThat(hello.body().getLong(16)).as("the node that is meant").isEqualTo(node);
    return peer;
  }

  private static byte[] hello(long node, String cluster) {
    return RawPeer.hello(0x464c4f54, 1, ConnectionKind.RAFT.number(), 1, node, 3, cluster);
  }

  @Test
  void whoIsMeantIsTalkedTo() throws Exception {
    try (RawPeer peer = dialled(7)) {
      peer.writeFrame(1, hello(7, "test"));
      assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo("writable");
    }
  }

  @ParameterizedTest
  @CsvSource({"8, test, not node 7", "0, test, not node 7", "7, other, belongs to cluster other"})
  void whoeverElseAnswersIsLeft(long node, String cluster, String why) throws Exception {
    try (RawPeer peer = dialled(7)) {
      peer.writeFrame(1, hello(node, cluster));
      ErrorDetail goodbye = peer.readGoodbye();
      assertThat(ErrorCode.of(goodbye.getCode())).isEqualTo(ErrorCode.CONFLICT);
      assertThat(goodbye.getMessage()).contains(why);
      assertThat(events.poll(30, TimeUnit.SECONDS)).contains(why);
    }
  }
}
