package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.DamagedLogException;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.rocksdb.SyncedMark.Note;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds at opening whether the disk has lost changes that it had said were synced. Which votes and
 * acknowledgements were among them nobody can know, nor which groups had begun; hence all replicas
 * that may have been here are as if removed: their ids never act again, and new replicas with ids
 * above theirs take their places. Ids are handed out rising, for all groups from one count.
 *
 * <p>The verdict is kept in the database before the mark is set back, so that a crash in between
 * only finds the loss again. What the disk loses within a tenth of a second after its sync, or
 * before a sync that began in that time has ended, goes unnoticed, unless a replica began with it:
 * so late is the mark written, whether anything follows or not.
 */
final class LostTail {
  private static final Logger LOG = LoggerFactory.getLogger(LostTail.class);

  private LostTail() {}

  /** Empty if nothing was ever lost here, or no replica had begun when it was. */
  static Optional<ReplicaId> check(LogDb db, SyncedMark mark, Note noted) throws StorageException {
    long kept = keptVerdict(db);
    long found = db.sequence();
    if (found >= noted.sequence()) {
      return id(kept);
    }
    LOG.error(
        "the log has lost its end: it was synced up to change {} and now ends at {}; votes and"
            + " acknowledgements may be forgotten, so no replica up to id {} takes part any more",
        noted.sequence(),
        found,
        noted.greatestReplica());
    long upTo = Math.max(kept, noted.greatestReplica());
    LogBatch batch = new LogBatch();
    batch.putForgotten(upTo);
    db.write(batch.take());
    db.sync();
    mark.reset(new Note(db.sequence(), noted.greatestReplica()));
    return id(upTo);
  }

  private static long keptVerdict(LogDb db) throws StorageException {
    byte[] key = LogKeys.forgotten();
    byte[] value = db.get(key);
    try {
      return value == null ? 0 : Sealed.open(key, value).getLong();
    } catch (DamagedLogException e) { // it speaks for all groups
      throw new StorageException("nobody knows what the log has lost", e);
    }
  }

  private static Optional<ReplicaId> id(long value) {
    return value == 0 ? Optional.empty() : Optional.of(new ReplicaId(value));
  }
}
