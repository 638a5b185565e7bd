package io.flotilla.router.client;

import io.flotilla.rpc.ErrorCode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Counts what is under way, refuses what would be too much, and knows when all has ended. */
final class Admission {
  private final LimitsConfig limits;
  private final AtomicInteger operations = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private volatile boolean closed;

  Admission(LimitsConfig limits) {
    this.limits = limits;
  }

  /** Lets an operation in, or says why not. What was let in must {@link #leave}. */
  @Nullable KvException enter(long operationBytes) {
    int begun = operations.incrementAndGet();
    long held = bytes.addAndGet(operationBytes);
    KvException refusal = null;
    if (closed) {
      refusal = new KvException(ErrorCode.UNAVAILABLE, "the client is closed");
    } else if (begun > limits.operationsInFlightMax()) {
      refusal =
          new KvException(
              ErrorCode.OVERLOADED,
              limits.operationsInFlightMax() + " operations are under way in this client");
    } else if (held > limits.bytesInFlightMax()) {
      refusal =
          new KvException(
              ErrorCode.OVERLOADED,
              limits.bytesInFlightMax() + " bytes are under way in this client");
    }
    if (refusal != null) {
      leave(operationBytes);
    }
    return refusal;
  }

  void leave(long operationBytes) {
    bytes.addAndGet(-operationBytes);
    if (operations.decrementAndGet() == 0 && closed) {
      drained.complete(null);
    }
  }

  /** Lets nothing in any more. Completes when nothing is under way. */
  CompletableFuture<Void> close() {
    closed = true;
    if (operations.get() == 0) {
      drained.complete(null);
    }
    return drained;
  }
}
