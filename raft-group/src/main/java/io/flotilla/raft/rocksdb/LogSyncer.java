package io.flotilla.raft.rocksdb;

import io.flotilla.raft.port.LogStoreListener;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.rocksdb.SyncedMark.Note;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Syncs what the writer wrote, everything that waits at once, while the writer goes on with the
 * next batch; then says so to each hand-over, in order. How far it came is marked soon after, for
 * many syncs at once while they follow close upon each other, and also when nothing follows.
 */
final class LogSyncer {
  private static final long MARK_INTERVAL_NANOS = 100_000_000;

  private final LogDisk disk;
  private final SyncedMark mark;
  private final LogStoreListener listener;
  private final AtomicLong backlogBytes;
  private final LongSupplier nanos;
  private long markedNanos;
  private Note marked;
  private Note note;

  /**
   * @param note as written last
   */
  LogSyncer(
      LogDisk disk,
      SyncedMark mark,
      Note note,
      LogStoreListener listener,
      AtomicLong backlogBytes,
      LongSupplier nanos) {
    this.disk = disk;
    this.mark = mark;
    this.marked = note;
    this.note = note;
    this.listener = listener;
    this.backlogBytes = backlogBytes;
    this.nanos = nanos;
    this.markedNanos = nanos.getAsLong();
  }

  /** Runs until {@code written} is closed and empty, or something fails. */
  void run(Conveyor<Handover> written) throws StorageException {
    for (List<Handover> taken = next(written); !taken.isEmpty(); taken = next(written)) {
      long sequence = disk.sequence(); // before the sync: the writer may already be further
      long beganNanos = nanos.getAsLong();
      disk.sync();
      long endedNanos = nanos.getAsLong();
      if (note(sequence, taken)) {
        mark();
      }
      long bytes = 0;
      for (Handover handover : taken) {
        bytes += handover.bytes();
        handover.durable().run();
      }
      backlogBytes.addAndGet(-bytes);
      listener.synced(taken.size(), bytes, endedNanos - beganNanos);
    }
  }

  /** What is to be synced next; empty when there will be nothing more, and all is marked. */
  private List<Handover> next(Conveyor<Handover> written) throws StorageException {
    if (!note.equals(marked)) {
      long leftNanos = markedNanos + MARK_INTERVAL_NANOS - nanos.getAsLong();
      List<Handover> taken = leftNanos > 0 ? written.takeAll(leftNanos) : List.of();
      if (!taken.isEmpty()) {
        return taken;
      }
      mark();
    }
    return written.takeAll();
  }

  private void mark() throws StorageException {
    mark.write(note);
    marked = note;
    markedNanos = nanos.getAsLong();
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
