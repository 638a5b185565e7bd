package io.flotilla.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.errors.ErrorDetail;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one place that is made when wanted, and again when lost: looked up, dialled,
 * greeted; after a failure not again before a backoff that doubles up to a bound, with jitter. All
 * on one event loop.
 */
final class Link {
  /** What a link is for. All on the loop. */
  interface Listener {
    /** Both sides have said who they are. */
    void onReady();

    /** Frames after the greeting; as {@link FrameHandler#onFrame}. */
    void onFrame(FrameType type, ByteBuffer body);

    void onReadStart();

    void onReadComplete();

    /** More, or no more, should be written for now. */
    void onWritabilityChanged();

    /** An attempt failed, or the connection was lost. */
    void onDown(ErrorDetail why);
  }

  private enum State {
    DOWN,
    DIALLING,
    READY,
    CLOSED
  }

  private final NetThreads threads;
  private final EventLoop loop;
  private final Greeting greeting;
  private final Supplier<Optional<String>> address;
  private final LinkLimits limits;
  private final WriteBufferWaterMark waterMark;
  private final Listener listener;

  private State state = State.DOWN;
  private @Nullable LinkHandler handler;
  private int failures;
  private long notBeforeNanos = System.nanoTime();
  private ErrorDetail lastFailure = detail(ErrorCode.UNAVAILABLE, "not connected yet");

  /**
   * @param address where to dial, asked anew for each attempt
   */
  Link(
      NetThreads threads,
      EventLoop loop,
      Greeting greeting,
      Supplier<Optional<String>> address,
      LinkLimits limits,
      WriteBufferWaterMark waterMark,
      Listener listener) {
    this.threads = threads;
    this.loop = loop;
    this.greeting = greeting;
    this.address = address;
    this.limits = limits;
    this.waterMark = waterMark;
    this.listener = listener;
  }

  boolean isReady() {
    return state == State.READY;
  }

  boolean isWritable() {
    return state == State.READY && handler != null && handler.channel().isWritable();
  }

  /** Only when ready. */
  FrameWriter writer() {
    if (handler == null) {
      throw new IllegalStateException("no connection");
    }
    return handler.writer();
  }

  /** Why there is no connection. */
  ErrorDetail lastFailure() {
    return lastFailure;
  }

  /**
   * Sees to it that there is a connection, or an attempt at one.
   *
   * @return false if it is too soon after a failure, or if the attempt failed at once; see {@link
   *     #lastFailure}
   */
  boolean dial() {
    if (state == State.DOWN && System.nanoTime() - notBeforeNanos >= 0) {
      state = State.DIALLING;
      Optional<String> to = address.get();
      if (to.isEmpty()) {
        down(detail(ErrorCode.UNAVAILABLE, "no address is known"));
      } else {
        lookUp(to.get());
      }
    }
    return state == State.DIALLING || state == State.READY;
  }

  /** For good. */
  void close() {
    if (state == State.CLOSED) {
      return;
    }
    lastFailure = detail(ErrorCode.UNAVAILABLE, "closed on this side");
    LinkHandler open = handler;
    state = State.CLOSED;
    handler = null;
    if (open != null) {
      open.writer().flush();
      open.channel().close();
    }
    listener.onDown(lastFailure);
  }

  private void lookUp(String to) {
    try {
      threads
          .lookUp(to)
          .whenCompleteAsync(
              (found, failure) -> {
                if (failure == null) {
                  connect(to, found);
                } else {
                  fail(null, lookUpFailure(to, failure));
                }
              },
              loop);
    } catch (RejectedExecutionException e) {
      down(detail(ErrorCode.UNAVAILABLE, "the event loop has ended"));
    }
  }

  private static ErrorDetail lookUpFailure(String to, Throwable failure) {
    Throwable cause = failure instanceof CompletionException c ? c.getCause() : failure;
    return cause instanceof RpcException refused
        ? refused.detail()
        : detail(ErrorCode.UNAVAILABLE, to + " cannot be looked up: " + cause);
  }

  private void connect(String name, InetSocketAddress to) {
    if (state != State.DIALLING) {
      return;
    }
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(threads.channelType())
            .option(ChannelOption.ALLOCATOR, NetThreads.ALLOCATOR)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, limits.connectMillis())
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMark)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new LinkHandler(channel, name));
                  }
                });
    if (threads.isEpoll()) {
      bootstrap.option(EpollChannelOption.TCP_USER_TIMEOUT, 2 * limits.keepaliveMillis());
    }
    ChannelFuture attempt = bootstrap.connect(to);
    attempt.addListener(
        done -> {
          if (!done.isSuccess()) {
            fail(null, detail(ErrorCode.UNAVAILABLE, String.valueOf(done.cause().getMessage())));
          }
        });
  }

  /** An attempt or a connection ended; of no interest if it is not the current one. */
  private void fail(@Nullable LinkHandler ended, ErrorDetail why) {
    boolean current = ended == null ? state == State.DIALLING : ended == handler;
    if (current && state != State.CLOSED) {
      down(why);
    }
  }

  private void down(ErrorDetail why) {
    long capped = (long) limits.backoffMinMillis() << Math.min(failures, 20);
    long backoff = Math.min(capped, limits.backoffMaxMillis());
    if (state == State.READY && failures == 0) {
      backoff = 0; // It worked until now: one attempt at once.
    }
    failures++;
    long jittered = (long) (backoff * (0.5 + ThreadLocalRandom.current().nextDouble()));
    notBeforeNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(jittered);
    // How a connection ended that had been greeted says nothing about requests that come later.
    ErrorDetail reason =
        state == State.READY ? detail(ErrorCode.UNAVAILABLE, why.getMessage()) : why;
    state = State.DOWN;
    handler = null;
    lastFailure = reason;
    listener.onDown(reason);
  }

  static ErrorDetail detail(ErrorCode code, String message) {
    return ErrorDetail.newBuilder().setCode(code.number()).setMessage(message).build();
  }

  /** One connection of this link. */
  private final class LinkHandler extends FrameHandler {
    private final String name;
    private boolean greeted;
    private boolean asked;
    private ErrorDetail end;

    LinkHandler(Channel channel, String name) {
      super(channel);
      this.name = name;
      this.end = detail(ErrorCode.UNAVAILABLE, "the connection with " + name + " was lost");
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      if (state != State.DIALLING) {
        context.close();
        return;
      }
      if (channel().localAddress().equals(channel().remoteAddress())) {
        // TCP connects a port to itself when that is dialled from while nobody listens on it.
        fail(null, detail(ErrorCode.UNAVAILABLE, "nobody listens on " + name));
        context.close();
        return;
      }
      handler = this;
      writer().greeting(greeting);
      writer().flush();
      loop.schedule(this::checkGreeted, limits.handshakeMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    void onFrame(FrameType type, ByteBuffer body) {
      if (type == FrameType.GOODBYE) {
        end = parseGoodbye(body);
        channel().close();
      } else if (!greeted) {
        greet(type, body);
      } else {
        failures = 0;
        if (type != FrameType.PONG) {
          listener.onFrame(type, body);
        }
      }
    }

    private void greet(FrameType type, ByteBuffer body) {
      if (type != FrameType.HELLO) {
        throw new IllegalArgumentException(type + " came where HELLO is allowed");
      }
      Greeting other = Greeting.decode(body);
      if (!greeting.hello().mayMeet(other.hello())) {
        throw new RpcException(
            ErrorCode.CONFLICT,
            name
                + " belongs to cluster "
                + other.hello().cluster()
                + ", this process to "
                + greeting.hello().cluster());
      }
      if (greeting.expectedNode() != 0 && other.hello().node() != greeting.expectedNode()) {
        throw new RpcException(
            ErrorCode.CONFLICT,
            name + " is " + other.hello() + ", not node " + greeting.expectedNode());
      }
      greeted = true;
      acceptLargeFrames();
      if (handler == this) {
        state = State.READY;
        scheduleKeepalive();
        listener.onReady();
      }
    }

    private void checkGreeted() {
      if (!greeted && channel().isActive() && !isLeaving()) {
        refuse(
            ErrorCode.UNAVAILABLE,
            name + " did not greet within " + limits.handshakeMillis() + " ms");
      }
    }

    private void scheduleKeepalive() {
      loop.schedule(this::keepAlive, limits.keepaliveMillis(), TimeUnit.MILLISECONDS);
    }

    private void keepAlive() {
      if (handler != this || isLeaving()) {
        return;
      }
      long silence = System.nanoTime() - lastReadNanos();
      if (asked && silence >= TimeUnit.MILLISECONDS.toNanos(limits.keepaliveMillis())) {
        end = detail(ErrorCode.UNAVAILABLE, name + " gives no sign of life");
        channel().close();
        return;
      }
      asked = true; // Always, since the other side wants to see one, too.
      writer().empty(FrameType.PING);
      writer().flush();
      scheduleKeepalive();
    }

    @Override
    void onReadStart() {
      listener.onReadStart();
    }

    @Override
    void onReadComplete() {
      listener.onReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      if (handler == this && state == State.READY) {
        listener.onWritabilityChanged();
      }
    }

    @Override
    void onLeaving(ErrorDetail why) {
      end = why;
      fail(this, why);
    }

    @Override
    void onClosed() {
      fail(this, end);
    }

    private ErrorDetail parseGoodbye(ByteBuffer body) {
      try {
        return ErrorDetail.parseFrom(body);
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalArgumentException("a GOODBYE that cannot be read: " + e.getMessage(), e);
      }
    }
  }
}
