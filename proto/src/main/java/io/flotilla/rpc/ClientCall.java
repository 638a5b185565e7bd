package io.flotilla.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** One request under way at the client. Its numbers belong to the connection's event loop. */
abstract sealed class ClientCall<R extends MessageLite> {
  private final int method;
  private final MessageLite request;
  private final int requestBytes;
  private final long deadlineNanos;
  private final Parser<R> replies;

  /** Set when sent; 0 before. */
  private long id;

  private ClientCall(RpcMethod<?, R> method, MessageLite request, long deadlineNanos) {
    this.method = method.id();
    this.request = request;
    this.requestBytes = request.getSerializedSize();
    this.deadlineNanos = deadlineNanos;
    this.replies = method.replies();
  }

  final int requestBytes() {
    return requestBytes;
  }

  final long id() {
    return id;
  }

  /** Whether its time is over; never for one without a deadline. */
  final boolean isLate(long nowNanos) {
    return deadlineNanos != 0 && nowNanos - deadlineNanos >= 0;
  }

  final void send(long id, long nowNanos, FrameWriter to) {
    this.id = id;
    int timeoutMillis = 0;
    if (deadlineNanos != 0) {
      long millis = (deadlineNanos - nowNanos + 999_999) / 1_000_000;
      timeoutMillis = (int) Math.max(1, Math.min(millis, Integer.MAX_VALUE));
    }
    to.request(id, method, timeoutMillis, request);
  }

  final R parse(ByteBuffer body) throws InvalidProtocolBufferException {
    return replies.parseFrom(body);
  }

  /** Whether the caller has lost interest. */
  abstract boolean isAbandoned();

  abstract boolean isStream();

  abstract void reply(R reply);

  /** Once, unless a unary call was replied to. */
  abstract void end(RpcException why);

  /** A request with one reply. */
  static final class Unary<R extends MessageLite> extends ClientCall<R> {
    private final CompletableFuture<R> result = new CompletableFuture<>();

    Unary(RpcMethod<?, R> method, MessageLite request, long deadlineNanos) {
      super(method, request, deadlineNanos);
    }

    CompletableFuture<R> result() {
      return result;
    }

    @Override
    boolean isAbandoned() {
      return result.isDone();
    }

    @Override
    boolean isStream() {
      return false;
    }

    @Override
    void reply(R reply) {
      result.complete(reply);
    }

    @Override
    void end(RpcException why) {
      result.completeExceptionally(why);
    }
  }

  /** A request with any number of replies. */
  static final class Stream<R extends MessageLite> extends ClientCall<R> {
    private final Consumer<R> onReply;
    private final Consumer<RpcException> onEnd;
    private volatile boolean cancelled;

    Stream(
        RpcMethod<?, R> method,
        MessageLite request,
        Consumer<R> onReply,
        Consumer<RpcException> onEnd) {
      super(method, request, 0);
      this.onReply = onReply;
      this.onEnd = onEnd;
    }

    void cancel() {
      cancelled = true;
    }

    @Override
    boolean isAbandoned() {
      return cancelled;
    }

    @Override
    boolean isStream() {
      return true;
    }

    @Override
    void reply(R reply) {
      if (!cancelled) {
        onReply.accept(reply);
      }
    }

    @Override
    void end(RpcException why) {
      if (!cancelled) {
        onEnd.accept(why);
      }
    }
  }
}
