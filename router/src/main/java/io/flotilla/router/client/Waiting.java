package io.flotilla.router.client;

import io.flotilla.rpc.ErrorCode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Waits for an answer in the caller's thread. */
final class Waiting {
  private Waiting() {}

  /** For an answer to what changes nothing. */
  static <T extends @Nullable Object> T forRead(CompletableFuture<T> answer) {
    return on(answer, ErrorCode.UNAVAILABLE);
  }

  /** For an answer to what may change something, and does so although nobody waits for it. */
  static <T extends @Nullable Object> T forWrite(CompletableFuture<T> answer) {
    return on(answer, ErrorCode.UNKNOWN_OUTCOME);
  }

  private static <T extends @Nullable Object> T on(
      CompletableFuture<T> answer, ErrorCode ifInterrupted) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof KvException failure) {
        throw failure.atCaller();
      }
      throw new IllegalStateException("a failure that is no KvException", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KvException(ifInterrupted, "the thread was interrupted while it waited").atCaller();
    }
  }
}
