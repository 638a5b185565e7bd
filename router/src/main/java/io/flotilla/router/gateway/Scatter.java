package io.flotilla.router.gateway;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One write for each of many keys, a window of them at a time (the client gathers what goes to the
 * same shard), that knows at the end what became of the whole. After a failure no further window is
 * begun.
 *
 * <p>The client's own calls over many keys would do, but do not tell a failure after which nothing
 * was written from one after which something was, and the reply's first word must.
 */
final class Scatter<T> {
  private static final int WINDOW = 1024;

  private final int all;
  private final Iterator<T> rest;
  private final Function<T, CompletableFuture<Long>> write;
  private final CompletableFuture<Long> sum = new CompletableFuture<>();
  private final AtomicLong total = new AtomicLong();
  private final AtomicInteger done = new AtomicInteger();
  private volatile @Nullable Throwable failure;
  private volatile boolean mayHaveRun;

  private Scatter(List<T> parts, Function<T, CompletableFuture<Long>> write) {
    this.all = parts.size();
    this.rest = parts.iterator();
    this.write = write;
  }

  /**
   * The sum of what the writes answered. Fails with what a part failed with if certainly nothing
   * was written at all, else with {@link Partly}.
   */
  static <T> CompletableFuture<Long> over(
      List<T> parts, Function<T, CompletableFuture<Long>> write) {
    Scatter<T> scatter = new Scatter<>(parts, write);
    scatter.nextWindow();
    return scatter.sum;
  }

  private void nextWindow() {
    // One for each write, and one for this method, so that the last to end is the last.
    AtomicInteger underWay = new AtomicInteger(1);
    for (int i = 0; i < WINDOW && rest.hasNext(); i++) {
      underWay.incrementAndGet();
      begin(rest.next()).whenComplete((answer, thrown) -> ended(answer, thrown, underWay));
    }
    endOne(underWay);
  }

  private CompletableFuture<Long> begin(T part) {
    try {
      return write.apply(part);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void ended(@Nullable Long answer, @Nullable Throwable thrown, AtomicInteger underWay) {
    if (thrown != null) {
      if (ErrorWords.mayHaveRun(thrown)) {
        mayHaveRun = true;
      }
      failure = thrown;
    } else if (answer != null) {
      done.incrementAndGet();
      total.addAndGet(answer);
    }
    endOne(underWay);
  }

  private void endOne(AtomicInteger underWay) {
    if (underWay.decrementAndGet() > 0) {
      return;
    }
    Throwable thrown = failure;
    if (thrown != null) {
      boolean touched = mayHaveRun || done.get() > 0;
      sum.completeExceptionally(touched ? new Partly(thrown, done.get(), all) : thrown);
    } else if (rest.hasNext()) {
      nextWindow();
    } else {
      sum.complete(total.get());
    }
  }

  /** Some were written, or may have been. */
  static final class Partly extends RuntimeException {
    Partly(Throwable cause, int done, int all) {
      super(ErrorWords.ofPart(cause, done, all), cause, false, false);
    }

    String error() {
      return String.valueOf(getMessage());
    }
  }
}
