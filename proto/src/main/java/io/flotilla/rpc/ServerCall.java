package io.flotilla.rpc;

import com.google.protobuf.MessageLite;
import io.flotilla.proto.errors.ErrorDetail;
import java.util.ArrayList;
import java.util.List;

/** A request at the server. Its monitor orders its answers; it is held for a few instructions. */
final class ServerCall<Q extends MessageLite, R extends MessageLite> implements RpcCall<Q, R> {
  private static final int ERROR_MESSAGE_MAX = 4096;

  private final ServerCalls connection;
  private final long id;
  private final boolean streaming;
  private final Q request;
  private final int requestBytes;
  private final long deadlineNanos;
  private final List<Runnable> onClosed = new ArrayList<>(0);
  private boolean answered;
  private boolean closed;

  ServerCall(
      ServerCalls connection,
      long id,
      boolean streaming,
      Q request,
      int requestBytes,
      long deadlineNanos) {
    this.connection = connection;
    this.id = id;
    this.streaming = streaming;
    this.request = request;
    this.requestBytes = requestBytes;
    this.deadlineNanos = deadlineNanos;
  }

  long id() {
    return id;
  }

  int requestBytes() {
    return requestBytes;
  }

  @Override
  public Q request() {
    return request;
  }

  @Override
  public long deadlineNanos() {
    return deadlineNanos;
  }

  @Override
  public void reply(R reply) {
    if (reply.getSerializedSize() > FrameType.MESSAGE_BYTES_MAX) {
      // The request may well have taken effect.
      fail(
          ErrorCode.UNKNOWN_OUTCOME,
          "the reply has "
              + reply.getSerializedSize()
              + " bytes; allowed are "
              + FrameType.MESSAGE_BYTES_MAX);
    } else if (streaming) {
      send(FrameType.STREAM, reply, false);
    } else {
      send(FrameType.REPLY, reply, true);
    }
  }

  @Override
  public void fail(ErrorDetail detail) {
    ErrorDetail sendable = detail;
    if (detail.getSerializedSize() > FrameType.MESSAGE_BYTES_MAX) {
      String message = detail.getMessage();
      sendable =
          ErrorDetail.newBuilder()
              .setCode(detail.getCode())
              .setMessage(message.substring(0, Math.min(message.length(), ERROR_MESSAGE_MAX)))
              .build();
    }
    send(FrameType.ERROR, sendable, true);
  }

  private synchronized void send(FrameType type, MessageLite message, boolean last) {
    if (!answered && !closed) {
      answered = last;
      connection.send(this, type, message);
    }
  }

  @Override
  public boolean isWritable() {
    return connection.isWritable();
  }

  @Override
  public void onClosed(Runnable action) {
    synchronized (this) {
      if (!closed) {
        onClosed.add(action);
        return;
      }
    }
    action.run();
  }

  /** The caller has gone or cancelled. */
  void close() {
    List<Runnable> actions;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      actions = answered ? List.of() : List.copyOf(onClosed);
      onClosed.clear();
    }
    actions.forEach(Runnable::run);
  }
}
