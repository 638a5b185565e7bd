package io.flotilla.raft.runtime;

import java.util.ArrayDeque;
import java.util.Deque;
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
  private final Deque<Chunk> oldestFirst = new ArrayDeque<>();
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

  void mayEvict(RecentEntries owner, RecentEntries.Window window) {
    oldestFirst.add(new Chunk(owner, window));
    evict();
  }

  /** Entries were dropped by their owner. */
  void returned(long bytes) {
    usedBytes -= bytes;
  }

  long usedBytes() {
    return usedBytes;
  }

  private void evict() {
    for (int i = 0; i < TRIES && usedBytes > bytesMax && !oldestFirst.isEmpty(); i++) {
      Chunk chunk = oldestFirst.remove();
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
