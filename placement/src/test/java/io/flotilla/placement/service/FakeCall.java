package io.flotilla.placement.service;

import com.google.protobuf.MessageLite;
import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** A request whose answers are kept for looking at. */
final class FakeCall<Q extends MessageLite, R extends MessageLite> implements RpcCall<Q, R> {
  final List<R> replies = new CopyOnWriteArrayList<>();
  private final List<Runnable> onClosed = new ArrayList<>();
  private final Q request;
  volatile boolean writable = true;
  volatile long deadlineNanos = Long.MAX_VALUE / 2;
  private volatile Optional<ErrorDetail> error = Optional.empty();

  FakeCall(Q request) {
    this.request = request;
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
    replies.add(reply);
  }

  @Override
  public void fail(ErrorDetail detail) {
    error = Optional.of(detail);
  }

  @Override
  public boolean isWritable() {
    return writable;
  }

  @Override
  public void onClosed(Runnable action) {
    onClosed.add(action);
  }

  void leave() {
    onClosed.forEach(Runnable::run);
  }

  boolean isAnswered() {
    return !replies.isEmpty() || error.isPresent();
  }

  R reply() {
    return replies.get(replies.size() - 1);
  }

  ErrorDetail error() {
    return error.orElseThrow(() -> new AssertionError("not failed, but answered " + replies));
  }

  ErrorCode errorCode() {
    return ErrorCode.of(error().getCode());
  }
}
