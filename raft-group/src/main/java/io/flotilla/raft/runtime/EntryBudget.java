package io.flotilla.raft.runtime;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How much of the recent entries of a loop's groups may stay in memory. Evicts in the order in
 * which they came, in chunks; what is not durable yet goes to the end of the line. Owned by a loop.
 */
final class EntryBudget {
  private static final long CHUNK_BYTES = 64 << 10;
  private static final int TRIES = 8;

  /** Some entries of one group: up to an index of its newest ones, or one window of old ones. */
  static final class Chunk {
    private final RecentEntries owner;
    private final RecentEntries.@Nullable Window window;
    private long last;
    private long bytes;
    private boolean evicted;

    private Chunk(RecentEntries owner, RecentEntries.@Nullable Window window) {
      this.owner = owner;
      this.window = window;
    }
  }

  private final long bytesMax;
  private final Set<Chunk> oldestFirst = new LinkedHashSet<>();
  private long usedBytes;

  EntryBudget(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /**
   * Counts new entries up to {@code last}.
   *
   * @param open the chunk that the last ones of the same group went into
   * @return the chunk that they went into
   */
  Chunk added(RecentEntries owner, @Nullable Chunk open, long last, long bytes) {
    Chunk chunk = open;
    if (chunk == null || chunk.evicted || chunk.bytes >= CHUNK_BYTES) {
      chunk = new Chunk(owner, null);
      oldestFirst.add(chunk);
    }
    chunk.last = last;
    chunk.bytes += bytes;
    usedBytes += bytes;
    evict();
    return chunk;
  }

  void use(long bytes) {
    usedBytes += bytes;
  }

  /** From now on; whoever drops it himself says so by {@link #dropped}. */
  void mayEvict(RecentEntries owner, RecentEntries.Window window) {
    window.chunk = new Chunk(owner, window);
    oldestFirst.add(window.chunk);
    evict();
  }

  /** Its place in the line would keep it in memory, though it counts no more. */
  void dropped(RecentEntries.Window window) {
    if (window.chunk != null) {
      oldestFirst.remove(window.chunk);
    }
    usedBytes -= window.bytes();
  }

  /** Entries were dropped by their owner. */
  void returned(long bytes) {
    usedBytes -= bytes;
  }

  /** What waits to be evicted is reachable from here. */
  int waiting() {
    return oldestFirst.size();
  }

  long usedBytes() {
    return usedBytes;
  }

  private void evict() {
    for (int i = 0; i < TRIES && usedBytes > bytesMax && !oldestFirst.isEmpty(); i++) {
      Chunk chunk = oldestFirst.iterator().next();
      oldestFirst.remove(chunk);
      if (chunk.window != null) {
        chunk.owner.evict(chunk.window);
      } else if (chunk.owner.evictUpTo(chunk.last)) {
        chunk.evicted = true;
      } else {
        oldestFirst.add(chunk);
      }
    }
  }
}
