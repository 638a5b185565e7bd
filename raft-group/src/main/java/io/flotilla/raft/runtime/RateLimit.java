package io.flotilla.raft.runtime;

/**
 * A token bucket that remembers only when it will be even again: each taking moves that moment on
 * by as long as its bytes may last. What was not used is not saved for longer than {@link
 * #BURST_NANOS}. One thread.
 */
final class RateLimit {
  static final long BURST_NANOS = 50_000_000;

  private final long bytesPerSecond;
  private long evenAtNanos;

  RateLimit(long bytesPerSecond, long nowNanos) {
    this.bytesPerSecond = bytesPerSecond;
    this.evenAtNanos = nowNanos;
  }

  /** How long until something may be taken; 0 for at once. */
  long waitNanos(long nowNanos) {
    return Math.max(0, evenAtNanos - nowNanos);
  }

  /** Takes so much, if anything may be taken; who takes much makes the next one wait. */
  boolean take(long bytes, long nowNanos) {
    if (waitNanos(nowNanos) > 0) {
      return false;
    }
    long lasts = (long) (bytes * 1e9 / bytesPerSecond);
    if (nowNanos - evenAtNanos > BURST_NANOS) {
      evenAtNanos = nowNanos - BURST_NANOS;
    }
    evenAtNanos += lasts;
    return true;
  }
}
