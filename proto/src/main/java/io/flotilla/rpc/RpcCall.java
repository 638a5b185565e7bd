package io.flotilla.rpc;

import com.google.protobuf.MessageLite;
import io.flotilla.proto.errors.ErrorDetail;

/** One request at the server. Answered once, by any thread; a later answer is ignored. */
public interface RpcCall<Q extends MessageLite, R extends MessageLite> {
  Q request();

  /** {@link System#nanoTime} after which nobody waits for the answer any more. */
  long deadlineNanos();

  /** Answers; for a streaming method, sends one more reply. */
  void reply(R reply);

  /** Ends the call with an error. */
  void fail(ErrorDetail detail);

  default void fail(ErrorCode code, String message) {
    fail(ErrorDetail.newBuilder().setCode(code.number()).setMessage(message).build());
  }

  /**
   * For a streaming method: whether the peer keeps up. A slow watcher is ended by {@link #fail},
   * not queued for.
   */
  boolean isWritable();

  /**
   * Runs {@code action} once when the caller has gone or cancelled. Runs at once if it already has.
   */
  void onClosed(Runnable action);
}
