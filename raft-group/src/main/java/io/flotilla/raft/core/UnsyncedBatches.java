package io.flotilla.raft.core;

import java.util.ArrayDeque;

/**
 * What each drain that went to the disk covers, until it is known to be there. When entries are
 * overwritten, the batches that held them stop covering them: otherwise the old entry's sync would
 * count for the new one at the same index.
 */
final class UnsyncedBatches {
  private record Batch(long number, long lastIndex, long term) {}

  private ArrayDeque<Batch> batches = new ArrayDeque<>(2);
  private long durableIndex;
  private long durableTerm;

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

  void add(long number, long lastIndex, long term) {
    batches.add(new Batch(number, lastIndex, term));
  }

  void synced(long number) {
    while (!batches.isEmpty() && batches.peek().number() <= number) {
      Batch batch = batches.remove();
      durableIndex = batch.lastIndex();
      durableTerm = batch.term();
    }
  }

  void overwrittenFrom(long index) {
    durableIndex = Math.min(durableIndex, index - 1);
    ArrayDeque<Batch> capped = new ArrayDeque<>();
    for (Batch batch : batches) {
      capped.add(new Batch(batch.number(), Math.min(batch.lastIndex(), index - 1), batch.term()));
    }
    batches = capped;
  }
}
