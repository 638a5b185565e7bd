package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.DamagedLogException;
import io.flotilla.raft.port.EntryBlock;
import io.flotilla.raft.port.LogStore.DamagedLog;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.StorageException;
import java.nio.BufferUnderflowException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Rebuilds what is known of each group by one forward scan. A group of which a record is damaged or
 * an index is missing is set apart: a hole given out as a log would be committed entries forgotten.
 * Where the database itself cannot read on, nobody knows which groups were there, and it is
 * refused.
 */
final class LogRecovery {
  private final Map<GroupId, FoundLog> found = new HashMap<>();
  private final Map<GroupId, RecoveredLog> logs = new HashMap<>();
  private final LogIndex index;
  private long greatestReplica;

  private LogRecovery(Optional<ReplicaId> forgottenUpTo, long greatestNoted) {
    this.index = new LogIndex(forgottenUpTo);
    this.greatestReplica = greatestNoted;
  }

  static LogRecovery scan(LogDb db, Optional<ReplicaId> forgottenUpTo, long greatestNoted)
      throws StorageException {
    LogRecovery recovery = new LogRecovery(forgottenUpTo, greatestNoted);
    scan(db, LogKeys.TOMBSTONE, recovery::takeTombstone);
    scan(db, LogKeys.HEAD, recovery::takeHead);
    scan(db, LogKeys.RECORD, recovery::takeRecord);
    recovery.found.values().forEach(recovery::judge);
    return recovery;
  }

  private static void scan(LogDb db, byte tag, LogDb.Visitor<RuntimeException> visitor)
      throws StorageException {
    db.scan(LogKeys.from(tag), LogKeys.beyond(tag), visitor);
  }

  /** What the writer goes on with. */
  LogIndex index() {
    return index;
  }

  Map<GroupId, RecoveredLog> logs() {
    return Map.copyOf(logs);
  }

  /** The greatest id of a replica that is known to have begun here; 0 if none is. */
  long greatestReplica() {
    return greatestReplica;
  }

  private FoundLog at(byte[] key) {
    return found.computeIfAbsent(LogKeys.groupOf(key), FoundLog::new);
  }

  private boolean takeTombstone(byte[] key, byte[] value) {
    try {
      ReplicaId upTo = new ReplicaId(Sealed.open(key, value).getLong());
      index.bury(LogKeys.groupOf(key), upTo);
      greatestReplica = Math.max(greatestReplica, upTo.value());
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      at(key).breaks(malformed(key, e));
    } catch (DamagedLogException e) {
      at(key).breaks(e);
    }
    return true;
  }

  private boolean takeHead(byte[] key, byte[] value) {
    FoundLog log = at(key);
    try {
      log.takeHead(Head.decode(Sealed.open(key, value)));
      greatestReplica = Math.max(greatestReplica, log.self().value());
    } catch (IllegalArgumentException e) {
      log.breaks(malformed(key, e));
    } catch (DamagedLogException e) {
      log.breaks(e);
    }
    return true;
  }

  private boolean takeRecord(byte[] key, byte[] value) {
    at(key).takeRecord(key, value);
    return true;
  }

  private void judge(FoundLog log) {
    if (log.isLegible() && index.isGone(log.group, log.self())) {
      log.breaks(
          new DamagedLogException(
              "replica "
                  + log.self()
                  + " of group "
                  + log.group
                  + " was removed here, or may be of what the disk lost after it was synced"));
    }
    DamagedLogException broken = log.broken();
    if (broken == null) {
      index.put(log.log());
      logs.put(log.group, log.recovered());
    } else {
      ReplicaId upTo = log.isLegible() ? log.self() : new ReplicaId(Math.max(1, greatestReplica));
      String why = String.valueOf(broken.getMessage());
      index.putDebris(log.group, new Debris(new DamagedLog(upTo, why), log.records));
    }
  }

  /** The entries of a record, if it is whole and stands where it belongs. */
  static List<Entry> decode(byte[] key, byte @Nullable [] value) throws DamagedLogException {
    if (value == null) {
      throw new DamagedLogException("log record " + Sealed.name(key) + " is missing");
    }
    try {
      List<Entry> entries = EntryBlock.decode(Sealed.open(key, value));
      if (entries.get(0).index() == LogKeys.firstOf(key)) {
        return entries;
      }
      throw new DamagedLogException(
          "log record " + Sealed.name(key) + " begins at " + entries.get(0).index());
    } catch (IllegalArgumentException e) {
      throw malformed(key, e);
    }
  }

  private static DamagedLogException malformed(byte[] key, RuntimeException cause) {
    return new DamagedLogException("log record " + Sealed.name(key) + " is malformed", cause);
  }
}
