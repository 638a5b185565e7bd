package io.flotilla.raft.core;

import java.util.ArrayDeque;

/**
 * What each drain that went to the disk covers, until it is known to be there. When entries are
 * overwritten, the batches that held them stop covering them: otherwise the old entry's sync would
 * count for the new one at the same index. When the log is replaced by a snapshot, the earlier
 * batches stop covering everything but what has been handed out.
 */
final class UnsyncedBatches {
  /**
   * @param restored the newest snapshot that a restart would find, by its last index
   */
  private record Batch(long number, long lastIndex, long term, long restored) {
    Batch cappedAt(long index) {
      return new Batch(number, Math.min(lastIndex, index), term, restored);
    }
  }

  private ArrayDeque<Batch> batches = new ArrayDeque<>(2);
  private long durableIndex;
  private long durableTerm;
  private long durablyRestored;
  private long restored;

  UnsyncedBatches(long durableIndex, long durableTerm) {
    this.durableIndex = durableIndex;
    this.durableTerm = durableTerm;
  }

  /** All entries up to it are on our disk. */
  long durableIndex() {
    return durableIndex;
  }

  /** The term, and the vote in it, that a restart would find at least. */
  long durableTerm() {
    return durableTerm;
  }

  /** The snapshot that a restart would find at least, by its last index; 0 if none came. */
  long durablyRestored() {
    return durablyRestored;
  }

  /** The newest snapshot, on our disk or not, by its last index; 0 if none came. */
  long restored() {
    return restored;
  }

  void add(long number, long lastIndex, long term) {
    batches.add(new Batch(number, lastIndex, term, restored));
  }

  void synced(long number) {
    while (!batches.isEmpty() && batches.peek().number() <= number) {
      Batch batch = batches.remove();
      durableIndex = batch.lastIndex();
      durableTerm = batch.term();
      durablyRestored = batch.restored();
    }
  }

  void overwrittenFrom(long index) {
    durableIndex = Math.min(durableIndex, index - 1);
    ArrayDeque<Batch> capped = new ArrayDeque<>();
    for (Batch batch : batches) {
      capped.add(batch.cappedAt(index - 1));
    }
    batches = capped;
  }

  /**
   * The log begins anew after {@code index}, from the next batch on. Until that is durable, a
   * restart finds what was handed out, or an earlier snapshot that is under way.
   */
  void restored(long index, long handedOut) {
    durableIndex = Math.min(durableIndex, handedOut);
    ArrayDeque<Batch> capped = new ArrayDeque<>();
    for (Batch batch : batches) {
      capped.add(batch.cappedAt(Math.max(handedOut, batch.restored())));
    }
    batches = capped;
    restored = index;
  }
}
