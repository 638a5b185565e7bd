package io.flotilla.rpc;

import io.flotilla.proto.errors.ErrorDetail;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The writing end of a connection to one peer. It is made when wanted and again when lost, with
 * capped and jittered backoff. Its methods are for its own event loop, where the drain of its
 * {@link #outbox} runs, unless they say otherwise.
 */
public final class PeerLink implements AutoCloseable {
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(1024 * 1024, 4 * 1024 * 1024);

  /** Who has something to send. All on the link's event loop. */
  public interface Traffic {
    /** Frames may be written now: the link has come up, or its buffer has emptied. */
    void onWritable();

    /** An attempt failed, or the connection was lost; what was written may not have arrived. */
    void onDown(RpcException why);
  }

  private final EventLoop loop;
  private final Link link;
  private final Traffic traffic;

  /**
   * A link that is not connected yet.
   *
   * @param node the peer; who answers with another id is refused
   * @param address of the peer, as host:port, asked anew for each attempt
   */
  public PeerLink(
      NetThreads threads,
      Hello self,
      ConnectionKind kind,
      long node,
      Supplier<Optional<String>> address,
      LinkLimits limits,
      Traffic traffic) {
    this.traffic = traffic;
    this.loop = threads.group().next();
    this.link =
        new Link(
            threads,
            loop,
            new Greeting(kind, self, node),
            address,
            limits,
            WATER_MARK,
            new Events());
  }

  /**
   * Where other threads put what this link is to carry. Any thread.
   *
   * @param drain runs on the link's event loop and begins with {@link Outbox#startDrain}
   * @param bytesMax see {@link Outbox#offer}
   */
  public <T> Outbox<T> outbox(Runnable drain, long bytesMax) {
    return new Outbox<>(loop, drain, bytesMax);
  }

  /** Sees to it that there is a connection or an attempt at one; false if it is too soon. */
  public boolean dial() {
    return link.dial();
  }

  public boolean isReady() {
    return link.isReady();
  }

  /** Whether it is ready and its buffer is below its bound. */
  public boolean isWritable() {
    return link.isWritable();
  }

  /**
   * The place for one frame, to be filled exactly and then sealed with {@link #end}. Only when
   * ready.
   */
  public ByteBuffer begin(int bytes) {
    return link.writer().begin(FrameType.PEER, bytes);
  }

  public void end() {
    link.writer().end();
  }

  /** Lets what was sealed go. */
  public void flush() {
    link.writer().flush();
  }

  /** For good; the traffic is told. Any thread; does not wait. */
  @Override
  public void close() {
    NetThreads.execute(loop, link::close);
  }

  /** What the link says. */
  private final class Events implements Link.Listener {
    @Override
    public void onReady() {
      traffic.onWritable();
    }

    @Override
    public void onFrame(FrameType type, ByteBuffer body) {
      throw new IllegalArgumentException(type + " is not for the writing end");
    }

    @Override
    public void onReadStart() {}

    @Override
    public void onReadComplete() {}

    @Override
    public void onWritabilityChanged() {
      if (link.isWritable()) {
        traffic.onWritable();
      }
    }

    @Override
    public void onDown(ErrorDetail why) {
      traffic.onDown(new RpcException(why));
    }
  }
}
