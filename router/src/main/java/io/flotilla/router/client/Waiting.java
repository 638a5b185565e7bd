package io.flotilla.router.client;

import io.flotilla.rpc.ErrorCode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Waits for an answer in the caller's thread. */
final class Waiting {
  private Waiting() {}

  static <T extends @Nullable Object> T on(CompletableFuture<T> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof KvException failure) {
        throw failure.atCaller();
      }
      throw new IllegalStateException("a failure that is no KvException", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KvException(ErrorCode.UNKNOWN_OUTCOME, "the thread was interrupted while it waited")
          .atCaller();
    }
  }
}
