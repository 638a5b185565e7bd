package io.flotilla.raft.runtime;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How old the state here may be at most: the time since the asking of the youngest read barrier
 * that has been reached. What was committed anywhere before a barrier is asked is applied here when
 * it is reached (thesis §6.4), so the state misses nothing that is older than that moment.
 *
 * <p>Both moments are of this node's own clock, which only moves forward: no clock is compared with
 * another's, no message's travel is guessed, and a leader that was deposed without knowing it
 * confirms nothing, for its barriers are never reached. So the age never says too little. It says
 * too much as long as nobody asks. What a heartbeat says would cost no question, but it would say
 * too little: it carries the commit index only as far as the follower's match, and a deposed leader
 * sends it on until its check of the quorum. Any thread may call; nothing is locked.
 */
final class Freshness {
  private static final long NEVER = -1;

  private final LongSupplier nanos;
  private final long bornNanos;

  /** When the youngest was asked, since the birth: the clock's own numbers have no least one. */
  private final AtomicLong confirmedAsOf = new AtomicLong(NEVER);

  Freshness(LongSupplier nanos) {
    this.nanos = nanos;
    this.bornNanos = nanos.getAsLong();
  }

  long now() {
    return nanos.getAsLong() - bornNanos;
  }

  /**
   * A barrier was reached.
   *
   * @param asked when it was asked, as {@link #now}
   */
  void confirm(long asked) {
    confirmedAsOf.accumulateAndGet(asked, Math::max);
  }

  Optional<Duration> age() {
    long asOf = confirmedAsOf.get();
    return asOf == NEVER ? Optional.empty() : Optional.of(Duration.ofNanos(now() - asOf));
  }
}
