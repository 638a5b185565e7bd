package io.flotilla.router.gateway;

import io.flotilla.router.gateway.GatewayMetrics.Metric;
import io.flotilla.router.gateway.Incoming.Malformed;
import io.flotilla.router.gateway.Incoming.Request;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.redis.ErrorRedisMessage;
import io.netty.handler.codec.redis.RedisMessage;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client: commands in, replies out in the same order, whatever order the store answers in.
 *
 * <p>Bounded at both ends: it takes up no command while too many wait for their replies, while the
 * replies that are held or must be expected would not fit, here or in the {@link ReplyMemory} of
 * all, or while the client does not take what it was sent; and it reads nothing while it takes up
 * nothing. The socket is given no reply, which it would copy, beyond the one that fills it.
 * Commands that came in one read begin together, so that those on one key can share an operation.
 *
 * <p>When the client ends its side, what it had sent is still carried out and answered. When the
 * gateway ends, it says so first and then reads on for a moment: to close with bytes unread would
 * make the network throw away the last reply.
 */
final class Connection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
  private static final long LINGER_MILLIS = 1000;

  /** An event that asks it to take no more, answer what is under way, and close. */
  static final Object DRAIN = new Object();

  private final GatewayState gateway;
  private final GatewayLimits limits;
  private final ReplyBudget budget;
  private final ArrayDeque<Incoming> received = new ArrayDeque<>();
  private final ArrayDeque<Task> unanswered = new ArrayDeque<>();
  private @Nullable Session session;
  private @Nullable Sequencer sequencer;
  private long requestBytes;
  private boolean ended; // nothing more is received
  private boolean inputShut;
  private boolean closing; // the last reply is written
  private boolean flushAwaits;
  private boolean unsentAwaits; // will hear when the socket has taken what it has
  private @Nullable Runnable awaitsRoom; // as it stands in the row for memory

  Connection(GatewayState gateway) {
    this.gateway = gateway;
    this.limits = gateway.limits();
    this.budget = new ReplyBudget(limits.replyBytesMax(), gateway.replyMemory());
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    Session entered =
        new Session(
            gateway,
            gateway.nextSession(),
            ctx.channel().remoteAddress(),
            ctx.channel().localAddress());
    if (!gateway.enter(entered)) {
      gateway.metrics().add(Metric.CONNECTIONS_REFUSED);
      end(Task.answered(Replies.error("ERR max number of clients reached")));
      proceed(ctx);
      return;
    }
    session = entered;
    sequencer =
        new Sequencer(
            gateway.kv(), ctx.executor(), () -> mayBegin(ctx), budget, () -> proceed(ctx));
    gateway.metrics().add(Metric.CONNECTIONS);
    gateway.metrics().add(Metric.CONNECTIONS_OPENED);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ended = true;
    closing = true;
    received.clear();
    unanswered.clear();
    leaveTheRow();
    Session left = session;
    if (left != null) {
      session = null;
      gateway.leave(left);
      gateway.metrics().remove(Metric.CONNECTIONS);
    }
    settle(ctx);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!ended && message instanceof Incoming incoming) {
      received.add(incoming);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    proceed(ctx);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      ended = true;
      inputShut = true;
      if (closing) {
        ctx.close();
      } else {
        proceed(ctx);
      }
    } else if (event == DRAIN) {
      ended = true;
      received.clear();
      proceed(ctx);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      // Later: this may be called amid the pieces of one reply, and another would come between.
      ctx.executor().execute(() -> proceed(ctx));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException) {
      LOG.debug("client {} is gone: {}", ctx.channel().remoteAddress(), cause.toString());
    } else {
      LOG.error("closing client {} after a failure here", ctx.channel().remoteAddress(), cause);
    }
    ctx.close();
  }

  /** Does all that can be done now. To be called after anything has changed. */
  private void proceed(ChannelHandlerContext ctx) {
    reply(ctx);
    while (!received.isEmpty() && hasRoom(ctx)) {
      take(received.remove());
      reply(ctx);
    }
    if (sequencer != null && !closing) {
      sequencer.begin();
    }
    if (ended && received.isEmpty() && unanswered.isEmpty() && !closing) {
      closing = true;
      close(ctx);
    }
    settle(ctx);
    ctx.channel().config().setAutoRead(closing || (received.isEmpty() && hasRoom(ctx)));
  }

  private boolean hasRoom(ChannelHandlerContext ctx) {
    return unanswered.size() < limits.commandsMax()
        && requestBytes < limits.commandBytesMax()
        && budget.hasRoom()
        && ctx.channel().isWritable()
        && (hasNothingUnderWay(ctx) || gateway.replyMemory().hasRoom(0));
  }

  private boolean mayBegin(ChannelHandlerContext ctx) {
    return sequencer != null
        && !closing
        && ctx.channel().isWritable()
        && budget.allowsOneMoreThan(sequencer.underWay())
        && hasMemory(ctx);
  }

  /** Whether the memory of all has room for one more reply; if it is worth waiting for, waits. */
  private boolean hasMemory(ChannelHandlerContext ctx) {
    settle(ctx);
    ReplyMemory memory = gateway.replyMemory();
    if (!hasNothingUnderWay(ctx)) {
      return memory.hasRoom(budget.expectedBytes()); // if not, what is under way will call again
    }
    if (memory.hasRoomForIdle(budget.usedBytes(), budget.expectedBytes())) {
      return true;
    }
    if (awaitsRoom == null) {
      Runnable wake = () -> ctx.executor().execute(() -> roomCame(ctx));
      awaitsRoom = wake;
      gateway.metrics().add(Metric.REPLY_MEMORY_WAITS);
      memory.await(budget.usedBytes(), budget.expectedBytes(), wake);
    }
    return false;
  }

  private void roomCame(ChannelHandlerContext ctx) {
    awaitsRoom = null;
    proceed(ctx);
    if (awaitsRoom == null) {
      gateway.replyMemory().wakeNext();
    }
  }

  private void leaveTheRow() {
    if (awaitsRoom != null) {
      gateway.replyMemory().leave(awaitsRoom);
    }
  }

  /** Neither in the store nor in the socket; replies may be held, behind one that has not begun. */
  private boolean hasNothingUnderWay(ChannelHandlerContext ctx) {
    return (sequencer == null || sequencer.underWay() == 0) && unsentBytes(ctx) == 0;
  }

  private static long unsentBytes(ChannelHandlerContext ctx) {
    ChannelOutboundBuffer unsent = ctx.channel().unsafe().outboundBuffer();
    return unsent == null ? 0 : unsent.totalPendingWriteBytes(); // none: closed
  }

  private void settle(ChannelHandlerContext ctx) {
    int underWay = sequencer == null ? 0 : sequencer.underWay();
    if (session == null) {
      budget.settleClosed(underWay);
    } else {
      budget.settle(underWay, unsentBytes(ctx));
    }
  }

  private void take(Incoming incoming) {
    if (incoming instanceof Request request) {
      take(request);
    } else if (incoming instanceof Malformed malformed) {
      gateway.metrics().add(Metric.PROTOCOL_ERRORS);
      end(Task.answered(Replies.error(malformed.error())));
    }
  }

  private void take(Request request) {
    Session current = session;
    Sequencer order = sequencer;
    if (current == null || order == null) {
      return;
    }
    if (isHttp(request)) {
      take(new Malformed("ERR Protocol error: this is HTTP, not the Redis protocol"));
      return;
    }
    Task task;
    try {
      task = taskFor(current, request);
    } catch (Refused e) {
      task = Task.answered(Replies.error(e.error()));
    }
    if (current.isEnding()) {
      end(task);
      return;
    }
    unanswered.add(task);
    budget.hold(task.replyBytes());
    if (task.reply() == null) {
      requestBytes += task.requestBytes();
      order.add(task);
    }
  }

  /** A browser that was talked into posting commands sends these first. */
  private static boolean isHttp(Request request) {
    return switch (request.word(0)) {
      case "post", "host:" -> true;
      default -> false;
    };
  }

  /** The last one: whatever else has come is not looked at. */
  private void end(Task last) {
    ended = true;
    received.clear();
    unanswered.add(last);
    budget.hold(last.replyBytes());
  }

  private Task taskFor(Session current, Request request) {
    Command command = gateway.commands().find(request);
    current.began(command);
    gateway.metrics().began(command);
    if (!command.is(Trait.LOADING) && !gateway.isReady()) {
      throw new Refused(ErrorWords.LOADING);
    }
    if (command.action() instanceof Action.Stored stored) {
      return Task.of(stored.plan(current, request), request.bytes());
    }
    return Task.answered(command.local().answer(current, request));
  }

  /** Writes the replies whose turn it is, as long as the client takes them. */
  private void reply(ChannelHandlerContext ctx) {
    while (!unanswered.isEmpty() && ctx.channel().isWritable()) {
      RedisMessage message = unanswered.element().reply();
      if (message == null) {
        return;
      }
      Task task = unanswered.remove();
      requestBytes -= task.requestBytes();
      budget.sent(task.replyBytes());
      gateway.metrics().add(Metric.COMMANDS);
      if (message instanceof ErrorRedisMessage) {
        gateway.metrics().add(Metric.ERROR_REPLIES);
      }
      ctx.write(message, ctx.voidPromise());
      flushLater(ctx);
    }
  }

  /** After the events that wait already: what they write goes out in the same call. */
  private void flushLater(ChannelHandlerContext ctx) {
    if (!flushAwaits) {
      flushAwaits = true;
      ctx.executor()
          .execute(
              () -> {
                flushAwaits = false;
                ctx.flush();
                proceedWhenSent(ctx);
              });
    }
  }

  /** Nobody tells when a socket has taken what was written before, but for what is written last. */
  private void proceedWhenSent(ChannelHandlerContext ctx) {
    if (unsentBytes(ctx) == 0) {
      proceed(ctx);
    } else if (!unsentAwaits) {
      unsentAwaits = true;
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(
              sent -> {
                unsentAwaits = false;
                ctx.executor().execute(() -> proceedWhenSent(ctx));
              });
    }
  }

  private void close(ChannelHandlerContext ctx) {
    ctx.writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            written -> {
              if (inputShut || !written.isSuccess()) {
                ctx.close();
              } else {
                ((DuplexChannel) ctx.channel()).shutdownOutput();
                ctx.executor()
                    .schedule((Runnable) ctx::close, LINGER_MILLIS, TimeUnit.MILLISECONDS);
              }
            });
  }
}
