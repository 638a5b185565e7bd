package io.flotilla.raft.runtime;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jctools.queues.MpscArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one loop, bounded in number and in bytes: many small things cost by their number,
 * few large ones by their bytes. Any thread puts something in, one takes it out.
 */
final class Inbox<T> {
  final MpscArrayQueue<T> queue;
  private final long bytesMax;
  private final ToLongFunction<T> weight;
  private final AtomicLong bytes = new AtomicLong();
  private long taken;

  /**
   * @param bytesMax as long as less lies here, one more thing is taken, whatever it weighs: else
   *     what is heavy would never get in between things that are not
   * @param weight in bytes, and always the same of the same thing
   */
  Inbox(int countMax, long bytesMax, ToLongFunction<T> weight) {
    this.queue = new MpscArrayQueue<>(Math.max(4, countMax));
    this.bytesMax = bytesMax;
    this.weight = weight;
  }

  /** False if it is full. */
  boolean offer(T thing) {
    long more = weight.applyAsLong(thing);
    long before = bytes.getAndAdd(more);
    if (before < bytesMax && queue.offer(thing)) {
      return true;
    }
    bytes.addAndGet(-more);
    return false;
  }

  /** By the one who takes. */
  @Nullable T poll() {
    T thing = queue.poll();
    if (thing != null) {
      bytes.addAndGet(-weight.applyAsLong(thing));
    }
    return thing;
  }

  /**
   * By the one who takes.
   *
   * @return how many there were, at most {@code most}
   */
  int drain(Consumer<T> taker, int most) {
    taken = 0;
    int count =
        queue.drain(
            thing -> {
              taken += weight.applyAsLong(thing);
              taker.accept(thing);
            },
            most);
    if (taken > 0) {
      bytes.addAndGet(-taken);
    }
    return count;
  }
}
