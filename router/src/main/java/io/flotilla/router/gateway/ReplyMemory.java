package io.flotilla.router.gateway;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that the replies of all connections may take: those that a client has not taken yet,
 * and those that must be expected of commands under way. One half is for whoever comes. The other
 * is for connections that wait for nothing else, one command each: however many clients do not
 * read, one that does is served. When that is used up too, such connections wait in a row for what
 * others give back, and {@link SlowReaderWatch} loses its patience. Any thread.
 */
final class ReplyMemory {
  private final long bytesMax;
  private final AtomicLong used = new AtomicLong();
  private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

  ReplyMemory(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  long used() {
    return used.get();
  }

  /** A connection needs so much more than before, or less. */
  void change(long bytes) {
    if (bytes != 0) {
      used.addAndGet(bytes);
    }
    if (bytes < 0) {
      wakeNext();
    }
  }

  /** Whether one that has other replies under way may have {@code more}. */
  boolean hasRoom(long more) {
    return used.get() + more <= bytesMax / 2;
  }

  /** Whether one that has nothing under way, and uses {@code own}, may have {@code more}. */
  boolean hasRoomForIdle(long own, long more) {
    long now = used.get();
    return now <= own || now + more <= bytesMax;
  }

  /**
   * Has {@code wake} called when it is worth asking again for {@code more}; once. Who then does not
   * have to wait once more calls {@link #wakeNext}. Only for connections that have nothing under
   * way: the others hear from what they have.
   */
  void await(long own, long more, Runnable wake) {
    waiting.add(wake);
    if (hasRoomForIdle(own, more)) { // given back between the question and this call
      wakeNext();
    }
  }

  /** Is not to be woken any more; may be, if its turn came just now. */
  void leave(Runnable wake) {
    waiting.remove(wake);
  }

  void wakeNext() {
    Runnable next = waiting.poll();
    if (next != null) {
      next.run();
    }
  }

  /** Whether somebody has to wait. */
  boolean isShort() {
    return !waiting.isEmpty();
  }
}
