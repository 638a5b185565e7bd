package io.flotilla.raft.sim;

import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;

/**
 * Virtual time, and what is to happen in it. Time passes only in {@link #runUntil}; what is due at
 * the same time happens in the order it was asked for. One thread.
 */
public final class SimClock {
  private record Event(long atMicros, long order, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return atMicros != other.atMicros
          ? Long.compare(atMicros, other.atMicros)
          : Long.compare(order, other.order);
    }
  }

  private final PriorityQueue<Event> events = new PriorityQueue<>(256);
  private long nowMicros;
  private long asked;

  public long nowMicros() {
    return nowMicros;
  }

  public void after(long delayMicros, Runnable action) {
    if (delayMicros < 0) {
      throw new IllegalArgumentException("delay of " + delayMicros + " us");
    }
    events.add(new Event(nowMicros + delayMicros, asked++, action));
  }

  /**
   * Lets events happen until {@code done} holds after one of them, or until nothing is due before
   * {@code deadlineMicros}.
   *
   * @return whether {@code done} holds
   */
  public boolean runUntil(long deadlineMicros, BooleanSupplier done) {
    while (!done.getAsBoolean()) {
      Event next = events.peek();
      if (next == null || next.atMicros() > deadlineMicros) {
        nowMicros = Math.max(nowMicros, deadlineMicros);
        return false;
      }
      events.remove();
      nowMicros = next.atMicros();
      next.action().run();
    }
    return true;
  }

  /** Events that have happened so far are those asked for, less those still due. */
  public long happened() {
    return asked - events.size();
  }
}
