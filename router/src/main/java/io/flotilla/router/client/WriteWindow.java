package io.flotilla.router.client;

import io.flotilla.session.Session;
import java.util.ArrayDeque;

/**
 * How many of a client's writes it has begun at one shard whose records the shard has to keep:
 * those that are not below the client's lowest open serial. Counted by requests, so that it takes
 * little; never less than there are. Writes that came from another shard, which it was cut off from
 * or has absorbed, are not known here: the shard has room for as many. Lives on the lane's event
 * loop.
 */
final class WriteWindow {
  private final int max;
  private final ArrayDeque<Begun> begun = new ArrayDeque<>();
  private int size;

  /** Writes that one request was the first to carry. */
  private record Begun(int count, long lastSerial) {}

  WriteWindow(int max) {
    this.max = max;
  }

  /**
   * They got their serials.
   *
   * @param lastSerial of them, the highest so far
   */
  void begun(int count, long lastSerial, Session session) {
    forgetAcked(session);
    if (count > 0) {
      begun.add(new Begun(count, lastSerial));
      size += count;
    }
  }

  /** Whether there are as many as may be. */
  boolean isFull(Session session) {
    if (size >= max) {
      forgetAcked(session);
    }
    return size >= max;
  }

  private void forgetAcked(Session session) {
    long ackedBelow = session.ackedBelow();
    while (!begun.isEmpty() && begun.element().lastSerial() < ackedBelow) {
      size -= begun.remove().count();
    }
  }
}
