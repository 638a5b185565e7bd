package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.RaftParcel;
import java.util.function.ToLongFunction;

/**
 * What a runtime holds in memory is no more than its limits allow. Weighed anew, and compared to
 * what the runtime believes. For who drives its agents, between their turns: one thread.
 */
public final class MemoryBounds {
  /**
   * Beyond this nothing is summed up: what a simulated group ever writes is less, and the bound
   * holds whatever happens.
   */
  private static final long CACHE_WATCHED_MAX = 1 << 20;

  /** Of those that one group may have in line: the newest entries, and its windows. */
  private static final int CHUNKS_OF_A_GROUP = 5;

  private final RuntimeLimits limits;
  private final int loops;

  public MemoryBounds(RuntimeLimits limits, int loops) {
    this.limits = limits;
    this.loops = loops;
  }

  /** After something has been put into an inbox. */
  public void checkInboxes(RaftRuntime<?> runtime) {
    RuntimeLimits.Inboxes inboxes = limits.inboxes();
    for (Agent agent : runtime.agents()) {
      if (agent instanceof Loop<?> loop) {
        check("parcels", loop.parcels, inboxes.parcels(), RaftParcel::weight);
        check("requests", loop.requests, inboxes.requests(), Request::weight);
      }
    }
  }

  /** A queue is as long as the next power of two; the last was let in because less lay there. */
  private <T> void check(String what, Inbox<T> inbox, int most, ToLongFunction<T> weight) {
    int count = 0;
    long bytes = 0;
    long last = 0;
    for (T thing : inbox.queue) {
      last = weight.applyAsLong(thing);
      bytes += last;
      count++;
    }
    int longest = Math.max(4, Integer.highestOneBit(Math.max(1, most - 1)) << 1);
    if (count > longest || (count > 0 && bytes - last >= limits.inboxes().bytes())) {
      throw new AssertionError(
          "INBOX: %d %s of %d bytes, the last of %d; allowed are %s"
              .formatted(count, what, bytes, last, limits.inboxes()));
    }
  }

  /**
   * After a turn. What is not durable stays whatever the limit; the rest is dropped when something
   * comes in, oldest first, but of a long line not all at once: so what comes in meanwhile may lie
   * there beside it, no more at a time than has been on its way to the disk at once.
   *
   * @param unsyncedBytesMax that were on the way to the disk at any moment of this runtime
   */
  public void checkCache(RaftRuntime<?> runtime, long unsyncedBytesMax) {
    if (limits.cacheBytes() > CACHE_WATCHED_MAX) {
      return;
    }
    long held = 0;
    for (RaftGroup group : runtime.groups()) {
      held += held(((HostedGroup<?>) group).replica.recent);
    }
    long counted = 0;
    for (Agent agent : runtime.agents()) {
      counted += agent instanceof Loop<?> loop ? loop.entryBudget.usedBytes() : 0;
    }
    long more = unsyncedBytesMax * CHUNKS_OF_A_GROUP * Math.max(1, runtime.groups().size());
    if (held > counted || counted > limits.cacheBytes() + loops * more) {
      throw new AssertionError(
          "CACHE: %d bytes are held, %d counted, allowed are %d and for the disk's sake %d"
              .formatted(held, counted, limits.cacheBytes(), more));
    }
  }

  private static long held(RecentEntries recent) {
    long bytes = recent.windows.stream().mapToLong(RecentEntries.Window::bytes).sum();
    for (Entry entry : recent.getAll(recent.lastOnDisk() + 1, recent.last())) {
      bytes += entry.weight();
    }
    return bytes;
  }
}
