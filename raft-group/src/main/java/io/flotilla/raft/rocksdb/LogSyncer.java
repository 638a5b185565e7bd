package io.flotilla.raft.rocksdb;

import io.flotilla.raft.port.LogStoreListener;
import io.flotilla.raft.port.StorageException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Syncs what the writer wrote, everything that waits at once, while the writer goes on with the
 * next batch; then says so to each hand-over, in order.
 */
final class LogSyncer {
  private static final long MARK_INTERVAL_NANOS = 100_000_000;

  private final LogDisk disk;
  private final SyncedMark mark;
  private final LogStoreListener listener;
  private final AtomicLong backlogBytes;
  private long markedNanos = System.nanoTime();

  LogSyncer(LogDisk disk, SyncedMark mark, LogStoreListener listener, AtomicLong backlogBytes) {
    this.disk = disk;
    this.mark = mark;
    this.listener = listener;
    this.backlogBytes = backlogBytes;
  }

  /** Runs until {@code written} is closed and empty, or something fails. */
  void run(Conveyor<Handover> written) throws StorageException {
    long sequence = disk.sequence();
    for (List<Handover> taken = written.takeAll(); !taken.isEmpty(); taken = written.takeAll()) {
      sequence = disk.sequence(); // before the sync: the writer may already be further
      long beganNanos = System.nanoTime();
      disk.sync();
      long endedNanos = System.nanoTime();
      long bytes = 0;
      for (Handover handover : taken) {
        bytes += handover.bytes();
        handover.durable().run();
      }
      backlogBytes.addAndGet(-bytes);
      listener.synced(taken.size(), bytes, endedNanos - beganNanos);
      if (endedNanos - markedNanos > MARK_INTERVAL_NANOS) {
        mark.write(sequence);
        markedNanos = endedNanos;
      }
    }
    mark.write(sequence);
  }
}
