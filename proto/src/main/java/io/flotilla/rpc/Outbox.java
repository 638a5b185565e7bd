package io.flotilla.rpc;

import io.netty.channel.EventLoop;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What many threads hand to one event loop. However many items come in a burst, the loop is woken
 * once and {@code drain} runs once; what it writes can then share one flush. Bounded in bytes.
 */
public final class Outbox<T> {
  private final EventLoop loop;
  private final Runnable drain;
  private final long bytesMax;
  private final Queue<T> items = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean drainIsDue = new AtomicBoolean();
  private final AtomicLong bytes = new AtomicLong();

  /**
   * @param drain runs on the loop and begins with {@link #startDrain}
   * @param bytesMax beyond it {@link #offer} refuses; an empty outbox takes any one item
   */
  Outbox(EventLoop loop, Runnable drain, long bytesMax) {
    this.loop = loop;
    this.drain = drain;
    this.bytesMax = bytesMax;
  }

  /**
   * Adds an item. Any thread.
   *
   * @param size in bytes; to be given back with {@link #release} when the item has left
   * @return whether it was taken; not if there are too many bytes, or if the loop has ended
   */
  public boolean offer(T item, long size) {
    long before = bytes.getAndAdd(size);
    if (before > 0 && before + size > bytesMax) {
      bytes.addAndGet(-size);
      return false;
    }
    items.add(item);
    if (wake() || !items.remove(item)) {
      return true;
    }
    bytes.addAndGet(-size);
    return false;
  }

  /** Has {@code drain} run soon. Any thread. False if the loop has ended. */
  public boolean wake() {
    if (drainIsDue.get() || !drainIsDue.compareAndSet(false, true)) {
      return true;
    }
    try {
      loop.execute(drain);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /** Items and bytes from now on wake the loop again. On the loop, before the first poll. */
  public void startDrain() {
    drainIsDue.set(false);
  }

  /** Nothing wakes the loop until the next drain, which the caller promises. On the loop. */
  public void holdUntilDrain() {
    drainIsDue.lazySet(true);
  }

  /** The next item, or null. On the loop. */
  public @Nullable T poll() {
    return items.poll();
  }

  /** Gives back the bytes of items that have left. */
  public void release(long size) {
    bytes.addAndGet(-size);
  }

  /** Bytes that were taken and have not left. */
  public long bytes() {
    return bytes.get();
  }
}
