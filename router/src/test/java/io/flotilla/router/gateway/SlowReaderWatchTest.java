package io.flotilla.router.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who takes nothing is closed, and nobody else. */
class SlowReaderWatchTest {
  private static final int PIECE_BYTES = 1 << 20;
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final MetricRegistry registry = new MetricRegistry();
  private final ReplyMemory memory = new ReplyMemory(PIECE_BYTES);
  private final Socket socket =
      new Socket(
          new SlowReaderWatch(
              GatewayLimits.DEFAULT.withSlowReaderTimeout(TIMEOUT),
              memory,
              new GatewayMetrics(registry, List.of())));

  /** Takes so many bytes of what it is given, and the rest later. */
  private static final class Socket extends EmbeddedChannel {
    private long room;

    Socket(SlowReaderWatch watch) {
      super(watch);
      config().setWriteBufferWaterMark(new WriteBufferWaterMark(PIECE_BYTES / 4, PIECE_BYTES));
    }

    void take(long bytes) {
      room = bytes;
      flush();
    }

    void write() {
      writeOneOutbound(Unpooled.wrappedBuffer(new byte[PIECE_BYTES + 1]));
      flush();
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer waiting) {
      while (room > 0 && waiting.current() instanceof ByteBuf next) {
        long bytes = Math.min(room, next.readableBytes());
        room -= bytes;
        waiting.removeBytes(bytes);
      }
    }

    void pass(Duration time) {
      for (long second = 0; second < time.toSeconds(); second++) {
        advanceTimeBy(1, TimeUnit.SECONDS);
        runScheduledPendingTasks();
      }
    }
  }

  @AfterEach
  void close() {
    socket.close();
  }

  private long closed() {
    return registry.counter("router.gateway.connections.slow").getCount();
  }

  @Test
  void whoTakesNothingIsClosed() {
    socket.write();
    socket.pass(TIMEOUT.minusSeconds(1));
    assertThat(socket.isActive()).isTrue();
    socket.pass(Duration.ofSeconds(1));
    assertThat(socket.isActive()).isFalse();
    assertThat(closed()).isEqualTo(1);
  }

  @Test
  void whoTakesNothingAndIsSentMoreIsClosed() {
    socket.write();
    socket.pass(TIMEOUT.dividedBy(2));
    socket.write();
    socket.pass(TIMEOUT.dividedBy(2));
    assertThat(socket.isActive()).isFalse();
  }

  @Test
  void whoTakesNothingWhileOthersWaitIsClosedSoon() {
    memory.change(PIECE_BYTES);
    socket.write();
    socket.pass(TIMEOUT.dividedBy(2));
    assertThat(socket.isActive()).isTrue();
    memory.await(0, 1, () -> {});
    socket.pass(Duration.ofSeconds(5));
    assertThat(socket.isActive()).isFalse();
    assertThat(closed()).isEqualTo(1);
  }

  @Test
  void whoTakesNothingOfAShortReplyIsClosedToo() {
    socket.writeOneOutbound(Unpooled.wrappedBuffer(new byte[100]));
    socket.flush();
    assertThat(socket.isWritable()).isTrue();
    socket.pass(TIMEOUT);
    assertThat(socket.isActive()).isFalse();
  }

  @Test
  void whoTakesOneByteOfALongReplyStays() {
    socket.write();
    for (int i = 0; i < 10; i++) {
      socket.take(1);
      socket.pass(TIMEOUT);
      assertThat(socket.isActive()).isTrue();
    }
    socket.pass(TIMEOUT);
    assertThat(socket.isActive()).isFalse();
  }

  @Test
  void whoKeepsTheOutputFullButReadsOnStays() {
    socket.write();
    for (int i = 0; i < 10; i++) {
      socket.take(PIECE_BYTES + 1);
      socket.write();
      socket.pass(TIMEOUT);
      assertThat(socket.isActive()).isTrue();
    }
    assertThat(closed()).isZero();
  }

  @Test
  void whoHasTakenAllIsLeftAlone() {
    socket.write();
    socket.take(PIECE_BYTES + 1);
    for (int i = 0; i < 3; i++) {
      socket.pass(TIMEOUT);
    }
    assertThat(socket.isActive()).isTrue();
  }
}
