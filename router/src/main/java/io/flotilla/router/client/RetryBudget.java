package io.flotilla.router.client;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A bucket of tokens, filled by time, one taken by each try again. An empty bucket does not forbid
 * a try, for a write that is given up in the middle of an election helps nobody; it makes the try
 * wait the longest pause.
 */
final class RetryBudget {
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final long nanosPerToken;
  private final AtomicLong emptyUntilNanos;

  RetryBudget(int tokensPerSecond, long nowNanos) {
    this.nanosPerToken = SECOND_NANOS / tokensPerSecond;
    this.emptyUntilNanos = new AtomicLong(nowNanos - SECOND_NANOS);
  }

  /** Takes a token if there is one. A full bucket holds those of one second. */
  boolean take(long nowNanos) {
    while (true) {
      long before = emptyUntilNanos.get();
      long from = nowNanos - before > SECOND_NANOS ? nowNanos - SECOND_NANOS : before;
      if (from + nanosPerToken - nowNanos > 0) {
        return false;
      }
      if (emptyUntilNanos.compareAndSet(before, from + nanosPerToken)) {
        return true;
      }
    }
  }
}
