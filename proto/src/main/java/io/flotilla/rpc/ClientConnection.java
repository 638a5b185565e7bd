package io.flotilla.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.flotilla.proto.errors.ErrorDetail;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.collection.LongObjectHashMap;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls that share one connection. A call is in the inbox (any thread), then waits until the
 * link is ready and writable, then is sent; only from there on can its outcome be unknown. One
 * timer for all calls looks after deadlines.
 */
final class ClientConnection implements Link.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);
  private static final long SWEEP_MILLIS = 50;
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(256 * 1024, 1024 * 1024);

  private final String address;
  private final EventLoop loop;
  private final Link link;
  private final int callsMax;
  private final Outbox<ClientCall<?>> inbox;
  private final AtomicInteger openCalls = new AtomicInteger();

  private final ArrayDeque<ClientCall<?>> waiting = new ArrayDeque<>();
  private final LongObjectHashMap<ClientCall<?>> sent = new LongObjectHashMap<>();
  private long lastId;
  private boolean sweepIsDue;

  /** To any process at {@code address}. */
  ClientConnection(NetThreads threads, Hello self, String address, ClientLimits limits) {
    this(
        threads,
        new Greeting(ConnectionKind.RPC, self, 0),
        address,
        () -> Optional.of(address),
        limits);
  }

  /**
   * @param name of the other side, for messages
   * @param address where to dial, asked anew for each attempt
   */
  ClientConnection(
      NetThreads threads,
      Greeting greeting,
      String name,
      Supplier<Optional<String>> address,
      ClientLimits limits) {
    this.address = name;
    this.loop = threads.group().next();
    this.callsMax = limits.callsMax();
    this.inbox = new Outbox<>(loop, this::drain, limits.unsentBytesMax());
    this.link = new Link(threads, loop, greeting, address, limits.link(), WATER_MARK, this);
  }

  /** Any thread. */
  void start(ClientCall<?> call) {
    if (call.requestBytes() > FrameType.MESSAGE_BYTES_MAX) {
      call.end(
          new RpcException(
              ErrorCode.INVALID_REQUEST,
              "a request of "
                  + call.requestBytes()
                  + " bytes; allowed are "
                  + FrameType.MESSAGE_BYTES_MAX));
    } else if (openCalls.incrementAndGet() > callsMax) {
      openCalls.decrementAndGet();
      call.end(overloaded(callsMax + " calls are under way"));
    } else if (!inbox.offer(call, call.requestBytes())) {
      openCalls.decrementAndGet();
      call.end(
          loop.isShuttingDown()
              ? new RpcException(ErrorCode.UNAVAILABLE, "the client is closed")
              : overloaded(inbox.bytes() + " bytes of requests wait to be sent"));
    }
  }

  private RpcException overloaded(String what) {
    return new RpcException(ErrorCode.OVERLOADED, what + " to " + address);
  }

  /** An abandoned call is looked for. Any thread. */
  void abandoned(ClientCall<?> call) {
    NetThreads.execute(loop, () -> dropAbandoned(call));
  }

  /** Ends all calls. Any thread. */
  void close() {
    NetThreads.execute(loop, link::close);
  }

  private void drain() {
    inbox.startDrain();
    for (ClientCall<?> call = inbox.poll(); call != null; call = inbox.poll()) {
      waiting.add(call);
    }
    if (waiting.isEmpty()) {
      return;
    }
    if (link.isReady()) {
      sendWaiting();
    } else if (!link.dial()) {
      failWaiting(link.lastFailure());
    }
    scheduleSweep();
  }

  private void sendWaiting() {
    FrameWriter writer = link.writer();
    long now = System.nanoTime();
    while (link.isWritable()) {
      ClientCall<?> call = waiting.poll();
      if (call == null) {
        break;
      }
      if (call.isAbandoned() || call.isLate(now)) {
        endUnsent(call, tooLate());
        continue;
      }
      inbox.release(call.requestBytes());
      call.send(++lastId, now, writer);
      sent.put(lastId, call);
    }
    writer.flush();
  }

  // ---- what the link says ----

  @Override
  public void onReady() {
    drain();
  }

  @Override
  public void onWritabilityChanged() {
    if (link.isWritable()) {
      drain();
    }
  }

  @Override
  public void onReadStart() {
    inbox.holdUntilDrain();
  }

  @Override
  public void onReadComplete() {
    drain();
  }

  @Override
  public void onDown(ErrorDetail why) {
    RpcException unknown =
        new RpcException(
            ErrorCode.UNKNOWN_OUTCOME,
            "no answer from " + address + " any more: " + why.getMessage());
    List<ClientCall<?>> lost = new ArrayList<>(sent.values());
    sent.clear();
    for (ClientCall<?> call : lost) {
      openCalls.decrementAndGet();
      end(call, unknown);
    }
    inbox.startDrain();
    for (ClientCall<?> call = inbox.poll(); call != null; call = inbox.poll()) {
      waiting.add(call);
    }
    failWaiting(why);
  }

  @Override
  public void onFrame(FrameType type, ByteBuffer body) {
    if (body.remaining() < Long.BYTES) {
      throw new IllegalArgumentException(type + " without the number of its call");
    }
    long id = body.getLong();
    ClientCall<?> call = sent.get(id);
    if (call == null) {
      return; // Late, or abandoned.
    }
    switch (type) {
      case REPLY, STREAM -> onReply(id, call, type, body);
      case ERROR -> {
        forget(id);
        end(call, parseError(body));
      }
      default -> throw new IllegalArgumentException(type + " is not for callers");
    }
  }

  private <R extends MessageLite> void onReply(
      long id, ClientCall<R> call, FrameType type, ByteBuffer body) {
    if (call.isStream() != (type == FrameType.STREAM)) {
      throw new IllegalArgumentException(type + " does not fit the method that was called");
    }
    if (type == FrameType.REPLY) {
      forget(id);
    }
    try {
      call.reply(call.parse(body));
    } catch (InvalidProtocolBufferException e) {
      failSent(call, ErrorCode.UNKNOWN_OUTCOME, "malformed reply of " + address, e);
    } catch (RuntimeException e) {
      failSent(call, ErrorCode.INTERNAL, "a reply of " + address + " could not be handled", e);
    }
  }

  private void failSent(ClientCall<?> call, ErrorCode code, String message, Exception cause) {
    LOG.warn("{}", message, cause);
    if (sent.containsKey(call.id())) {
      forget(call.id());
      cancelAtServer(call);
    }
    end(call, new RpcException(code, message + ": " + cause.getMessage()));
  }

  private static RpcException parseError(ByteBuffer body) {
    try {
      return new RpcException(ErrorDetail.parseFrom(body));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("an ERROR that cannot be read: " + e.getMessage(), e);
    }
  }

  // ---- deadlines and abandoned calls ----

  private void scheduleSweep() {
    if (!sweepIsDue && (!waiting.isEmpty() || !sent.isEmpty())) {
      sweepIsDue = true;
      loop.schedule(this::sweep, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void sweep() {
    sweepIsDue = false;
    long now = System.nanoTime();
    endWaiting(call -> call.isAbandoned() || call.isLate(now), tooLate());
    List<ClientCall<?>> over = new ArrayList<>();
    for (ClientCall<?> call : sent.values()) {
      if (call.isAbandoned() || call.isLate(now)) {
        over.add(call);
      }
    }
    for (ClientCall<?> call : over) {
      forget(call.id());
      cancelAtServer(call);
      end(
          call,
          new RpcException(
              ErrorCode.UNKNOWN_OUTCOME, "no answer from " + address + " before the deadline"));
    }
    if (!over.isEmpty() && link.isReady()) {
      link.writer().flush();
    }
    scheduleSweep();
  }

  private void dropAbandoned(ClientCall<?> call) {
    if (sent.containsKey(call.id())) {
      forget(call.id());
      cancelAtServer(call);
      if (link.isReady()) {
        link.writer().flush();
      }
    } else {
      endWaiting(other -> other == call, tooLate());
    }
  }

  private void cancelAtServer(ClientCall<?> call) {
    if (link.isReady()) {
      link.writer().cancel(call.id());
    }
  }

  private RpcException tooLate() {
    return new RpcException(
        ErrorCode.DEADLINE_EXCEEDED, "the deadline passed before the request went to " + address);
  }

  // ---- ends ----

  private void failWaiting(ErrorDetail why) {
    if (waiting.isEmpty()) {
      return;
    }
    // Refused by the other side is final for it; anything else says only that nobody was reached.
    ErrorCode code = ErrorCode.of(why.getCode());
    boolean told = code == ErrorCode.CONFLICT || code == ErrorCode.INVALID_REQUEST;
    RpcException end =
        told || code == ErrorCode.OVERLOADED
            ? new RpcException(why)
            : new RpcException(
                ErrorCode.UNAVAILABLE, address + " is not reached: " + why.getMessage());
    endWaiting(call -> true, end);
  }

  private void endWaiting(Predicate<ClientCall<?>> which, RpcException why) {
    List<ClientCall<?>> over = new ArrayList<>();
    for (Iterator<ClientCall<?>> calls = waiting.iterator(); calls.hasNext(); ) {
      ClientCall<?> call = calls.next();
      if (which.test(call)) {
        calls.remove();
        over.add(call);
      }
    }
    for (ClientCall<?> call : over) {
      endUnsent(call, why);
    }
  }

  private void endUnsent(ClientCall<?> call, RpcException why) {
    inbox.release(call.requestBytes());
    openCalls.decrementAndGet();
    end(call, why);
  }

  private void forget(long id) {
    @Nullable ClientCall<?> call = sent.remove(id);
    if (call != null) {
      openCalls.decrementAndGet();
    }
  }

  private static void end(ClientCall<?> call, RpcException why) {
    try {
      call.end(why);
    } catch (RuntimeException e) {
      LOG.error("The end of a stream could not be handled", e);
    }
  }
}
