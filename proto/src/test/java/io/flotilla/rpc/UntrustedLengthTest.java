package io.flotilla.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a length claims is worth no memory before the bytes are there. */
class UntrustedLengthTest {
  private static final int CONNECTIONS = 16;
  private static final int PONG = 4;

  /**
   * A greeted connection may send frames of up to 16 MiB. One that only says so must not cost them:
   * 10,000 connections are taken, and four bytes are cheap.
   */
  @Test
  void theHeaderOfALargestFrameMakesNoRoomForIt() throws IOException {
    NetThreads threads = new NetThreads(1, "length-test");
    Hello self = new Hello("test", Hello.Role.NODE, 7);
    List<RawPeer> peers = new ArrayList<>();
    try (RpcServer server = new RpcServer(threads, self)) {
      int port = server.listen("127.0.0.1", 0);
      for (int i = 0; i < CONNECTIONS; i++) {
        peers.add(RawPeer.dial(port).greet());
      }
      long before = NetThreads.ALLOCATOR.metric().usedDirectMemory();
      byte[] ping = RawPeer.frame(3);
      byte[] header = ByteBuffer.allocate(4).putInt(FrameType.LENGTH_MAX).array();
      for (RawPeer peer : peers) {
        // The answer to the first tells that what came with it has been looked at.
        peer.write(ByteBuffer.allocate(ping.length + 4).put(ping).put(header).array());
        assertThat(peer.read().type()).isEqualTo(PONG);
      }
      long grown = NetThreads.ALLOCATOR.metric().usedDirectMemory() - before;
      assertThat(grown).isLessThan(2L * FrameType.LENGTH_MAX);
    } finally {
      for (RawPeer peer : peers) {
        peer.close();
      }
      threads.close();
    }
  }
}
