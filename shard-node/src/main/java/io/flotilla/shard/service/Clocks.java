package io.flotilla.shard.service;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The times of a node. Any thread may ask.
 *
 * @param nanos a clock that only moves forward, as {@link System#nanoTime}: deadlines are by it
 * @param wallMillis the wall clock, as {@link System#currentTimeMillis}
 * @param patience ends waits, by the first of these clocks
 */
public record Clocks(LongSupplier nanos, LongSupplier wallMillis, Patience patience) {
  /** Ends what would wait for too long. */
  @FunctionalInterface
  public interface Patience {
    /**
     * Fails a wait with {@link java.util.concurrent.TimeoutException} unless it has ended within so
     * long, as {@link CompletableFuture#orTimeout} does.
     */
    void limit(CompletableFuture<?> wait, long nanos);
  }

  static Clocks of(LongSupplier wallMillis) {
    return new Clocks(
        System::nanoTime, wallMillis, (wait, nanos) -> wait.orTimeout(nanos, TimeUnit.NANOSECONDS));
  }
}
