package io.flotilla.raft.rocksdb;

import io.flotilla.raft.port.LogStoreListener;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.rocksdb.SyncedMark.Note;
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
  private Note note;

  /**
   * @param note as written last
   */
  LogSyncer(
      LogDisk disk,
      SyncedMark mark,
      Note note,
      LogStoreListener listener,
      AtomicLong backlogBytes) {
    this.disk = disk;
    this.mark = mark;
    this.note = note;
    this.listener = listener;
    this.backlogBytes = backlogBytes;
  }

  /** Runs until {@code written} is closed and empty, or something fails. */
  void run(Conveyor<Handover> written) throws StorageException {
    for (List<Handover> taken = written.takeAll(); !taken.isEmpty(); taken = written.takeAll()) {
      long sequence = disk.sequence(); // before the sync: the writer may already be further
      long beganNanos = System.nanoTime();
      disk.sync();
      long endedNanos = System.nanoTime();
      if (note(sequence, taken)) {
        mark.write(note);
      }
      long bytes = 0;
      for (Handover handover : taken) {
        bytes += handover.bytes();
        handover.durable().run();
      }
      backlogBytes.addAndGet(-bytes);
      listener.synced(taken.size(), bytes, endedNanos - beganNanos);
      if (endedNanos - markedNanos > MARK_INTERVAL_NANOS) {
        mark.write(note);
        markedNanos = endedNanos;
      }
    }
    mark.write(note);
  }

  /**
   * Whether a replica begins whose id must be marked before it may speak, as {@link LostTail} needs
   * it.
   */
  private boolean note(long sequence, List<Handover> synced) {
    long greatest = note.greatestReplica();
    for (Handover handover : synced) {
      greatest = Math.max(greatest, handover.greatestBegun());
    }
    boolean begins = greatest > note.greatestReplica();
    note = new Note(sequence, greatest);
    return begins;
  }
}
