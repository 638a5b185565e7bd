package io.flotilla.raft.core;

/** Silence, counted in ticks. The timeout is drawn anew at each reset, so that ties do not last. */
final class ElectionTimer {
  private final Replica self;
  private int elapsedTicks;
  private int timeoutTicks;

  ElectionTimer(Replica self) {
    this.self = self;
    reset();
  }

  void reset() {
    int least = self.config().electionTicks();
    elapsedTicks = 0;
    timeoutTicks = self.chance().draw(least, 2 * least - 1);
  }

  /** One more tick of silence; whether it was one too many. */
  boolean tick() {
    return ++elapsedTicks >= timeoutTicks;
  }

  /** Silence so short that whoever broke it is to be presumed alive (thesis §4.2.3). */
  boolean isFresh() {
    return elapsedTicks < self.config().electionTicks();
  }
}
