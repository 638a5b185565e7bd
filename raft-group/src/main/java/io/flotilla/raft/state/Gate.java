package io.flotilla.raft.state;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts those inside, so that what they use ends only after the last has left. Any thread; who
 * leaves need not be who entered.
 */
final class Gate {
  private static final long CLOSED = 1L << 62;

  private final AtomicLong inside = new AtomicLong();
  private final Runnable whenEmpty;

  /**
   * @param whenEmpty run once, when the gate is closed and nobody is inside, by who made it so
   */
  Gate(Runnable whenEmpty) {
    this.whenEmpty = whenEmpty;
  }

  /** Returns false, and nothing has to be left, once the gate is closed. */
  boolean enter() {
    long now = inside.get();
    while (now < CLOSED) {
      if (inside.compareAndSet(now, now + 1)) {
        return true;
      }
      now = inside.get();
    }
    return false;
  }

  void leave() {
    if (inside.decrementAndGet() == CLOSED) {
      whenEmpty.run();
    }
  }

  boolean isClosed() {
    return inside.get() >= CLOSED;
  }

  /** Lets nobody in any more. Returns false if it was closed before. */
  boolean close() {
    long now = inside.get();
    while (now < CLOSED) {
      if (inside.compareAndSet(now, now + CLOSED)) {
        if (now == 0) {
          whenEmpty.run();
        }
        return true;
      }
      now = inside.get();
    }
    return false;
  }
}
