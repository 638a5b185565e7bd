package io.flotilla.raft.runtime;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How old the state here may be at most: the time since the asking of the youngest read barrier
 * that has been reached. What was committed anywhere before a barrier is asked is applied here when
 * it is reached (thesis §6.4), so the state misses nothing that is older than that moment.
 *
 * <p>Both moments are of this node's own clocks: no clock is compared with another's, no message's
 * travel is guessed, and a leader that was deposed without knowing it confirms nothing, for its
 * barriers are never reached. So the age never says too little. It says too much as long as nobody
 * asks. What a heartbeat says would cost no question, but it would say too little: it carries the
 * commit index only as far as the follower's match, and a deposed leader sends it on until its
 * check of the quorum.
 *
 * <p>The clock that only moves forward stands still while the machine is suspended, the wall clock
 * does not, but may be set: the age is what passed by the one that says more. A wall clock that is
 * set forward makes the state look older until the next barrier is reached; for it to look younger
 * one would have to be set back by as long as the machine was suspended, in between. Any thread may
 * call; nothing is locked.
 */
final class Freshness {
  /** By which two looks at the wall clock may show more than has passed. */
  private static final Duration WALL_GRAIN = Duration.ofMillis(1);

  /** By both clocks. */
  record Moment(long nanos, long wallMillis) {
    boolean isBefore(Moment other) {
      return nanos - other.nanos < 0; // the clock's own numbers have no least one
    }
  }

  private final LongSupplier nanos;
  private final LongSupplier wallMillis;

  /** When the youngest was asked. */
  private final AtomicReference<@Nullable Moment> confirmedAsOf = new AtomicReference<>();

  /**
   * @param nanos a clock that only moves forward, as {@link System#nanoTime}
   * @param wallMillis the time of day, which may jump
   */
  Freshness(LongSupplier nanos, LongSupplier wallMillis) {
    this.nanos = nanos;
    this.wallMillis = wallMillis;
  }

  Moment now() {
    return new Moment(nanos.getAsLong(), wallMillis.getAsLong());
  }

  /**
   * A barrier was reached.
   *
   * @param asked when it was asked, as {@link #now}
   */
  void confirm(Moment asked) {
    confirmedAsOf.accumulateAndGet(
        asked, (known, other) -> known == null || known.isBefore(other) ? other : known);
  }

  Optional<Duration> age() {
    Moment asOf = confirmedAsOf.get();
    return asOf == null ? Optional.empty() : Optional.of(age(asOf, now()));
  }

  private static Duration age(Moment then, Moment now) {
    Duration steady = Duration.ofNanos(now.nanos() - then.nanos());
    Duration wall = Duration.ofMillis(now.wallMillis() - then.wallMillis());
    return wall.minus(WALL_GRAIN).compareTo(steady) > 0 ? wall : steady;
  }
}
