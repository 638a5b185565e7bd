package io.flotilla.router.client;

import io.flotilla.rpc.ErrorCode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Combines answers so that what fails does so with a plain {@link KvException}, which the
 * combinations of {@link CompletableFuture} wrap.
 */
final class Answers {
  private Answers() {}

  static <T> CompletableFuture<T> failed(KvException why) {
    return CompletableFuture.failedFuture(why);
  }

  /** Hands the outcome of one on to another. */
  static <T> void relay(CompletableFuture<T> from, CompletableFuture<T> to) {
    then(from, to, to::complete);
  }

  /** Calls {@code next} with the value, or hands the failure on; also one of {@code next}. */
  static <T> void then(
      CompletableFuture<T> from, CompletableFuture<?> to, Consumer<? super T> next) {
    from.whenComplete(
        (value, failure) -> {
          if (failure != null) {
            to.completeExceptionally(plain(failure));
            return;
          }
          try {
            next.accept(value);
          } catch (RuntimeException e) {
            to.completeExceptionally(plain(e));
          }
        });
  }

  /**
   * The values of all, in order. Waits for all, also when some fail; then fails with the worst: an
   * unknown outcome before a definite one.
   */
  static <T> CompletableFuture<List<T>> all(Collection<CompletableFuture<T>> answers) {
    CompletableFuture<List<T>> gathered = new CompletableFuture<>();
    if (answers.isEmpty()) {
      gathered.complete(List.of());
    }
    AtomicInteger missing = new AtomicInteger(answers.size());
    for (CompletableFuture<T> answer : answers) {
      answer.whenComplete(
          (value, failure) -> {
            if (missing.decrementAndGet() == 0) {
              gather(answers, gathered);
            }
          });
    }
    return gathered;
  }

  /** As {@link #all}, of writes: what was done in part is of unknown outcome as a whole. */
  static <T> CompletableFuture<List<T>> allWritten(Collection<CompletableFuture<T>> answers) {
    CompletableFuture<List<T>> gathered = new CompletableFuture<>();
    all(answers)
        .whenComplete(
            (values, failure) -> {
              long done = answers.stream().filter(one -> !one.isCompletedExceptionally()).count();
              if (failure == null) {
                gathered.complete(values);
              } else if (done == 0 || plain(failure).outcomeUnknown()) {
                gathered.completeExceptionally(plain(failure));
              } else {
                gathered.completeExceptionally(
                    new KvException(
                        ErrorCode.UNKNOWN_OUTCOME,
                        "%d of %d were done, and not all others: %s"
                            .formatted(done, answers.size(), plain(failure).getMessage())));
              }
            });
    return gathered;
  }

  private static <T> void gather(
      Collection<CompletableFuture<T>> answers, CompletableFuture<List<T>> gathered) {
    List<T> values = new ArrayList<>(answers.size());
    KvException worst = null;
    for (CompletableFuture<T> answer : answers) {
      KvException failure = failureOf(answer);
      if (failure == null) {
        values.add(answer.join());
      } else if (worst == null || (failure.outcomeUnknown() && !worst.outcomeUnknown())) {
        worst = failure;
      }
    }
    if (worst == null) {
      gathered.complete(values);
    } else {
      gathered.completeExceptionally(worst);
    }
  }

  private static @Nullable KvException failureOf(CompletableFuture<?> ended) {
    KvException[] failure = new KvException[1];
    ended.whenComplete(
        (value, thrown) -> {
          if (thrown != null) {
            failure[0] = plain(thrown);
          }
        });
    return failure[0];
  }

  static KvException plain(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof KvException known
        ? known
        : new KvException(ErrorCode.INTERNAL, String.valueOf(cause));
  }
}
