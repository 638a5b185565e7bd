package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Turns hand-overs of all loops into few large writes, and passes them on to be synced. It alone
 * knows and changes the indexes of records, hence no locks. A record's key is put once before each
 * {@code SingleDelete} of it: RocksDB says nothing of what happens otherwise.
 */
final class LogWriter {
  private final LogDisk disk;
  private final RocksLogConfig config;
  private final Map<GroupId, GroupLog> logs;
  private final LogBatch batch = new LogBatch();
  private List<Handover> staged = new ArrayList<>();
  private long batchNumber;

  LogWriter(LogDisk disk, RocksLogConfig config, Map<GroupId, GroupLog> logs) {
    this.disk = disk;
    this.config = config;
    this.logs = logs;
  }

  /** Runs until {@code incoming} is closed and empty, or something fails. */
  void run(Conveyor<Handover> incoming, Conveyor<Handover> written) throws StorageException {
    for (List<Handover> taken = incoming.takeAll(); !taken.isEmpty(); taken = incoming.takeAll()) {
      for (Handover handover : taken) {
        if (batch.bytes() >= config.batchBytesMax() || readsWhatIsOnlyStaged(handover)) {
          write(written);
        }
        for (LogWrite write : handover.writes()) {
          stage(write);
        }
        staged.add(handover);
      }
      write(written);
    }
  }

  private void write(Conveyor<Handover> written) throws StorageException {
    if (!batch.isEmpty()) {
      disk.write(batch.take());
      batchNumber++;
    }
    written.putAll(staged);
    staged = new ArrayList<>(staged.size());
  }

  /** An overwrite may have to keep the head of a record, and reads it from the database. */
  private boolean readsWhatIsOnlyStaged(Handover handover) {
    for (LogWrite write : handover.writes()) {
      GroupLog log = logs.get(write.group());
      if (log != null
          && log.stagedInBatch == batchNumber
          && !write.entries().isEmpty()
          && write.entries().get(0).index() <= log.lastIndex) {
        return true;
      }
    }
    return false;
  }

  private void stage(LogWrite write) throws StorageException {
    GroupLog log = logs.get(write.group());
    boolean changed = log == null;
    if (log == null) {
      log = new GroupLog(write.group());
      logs.put(write.group(), log);
    }
    if (write.truncate().isPresent()) {
      cutFront(log, write.truncate().get());
      changed = true;
    }
    if (write.hardState().isPresent()) {
      HardState hardState = write.hardState().get();
      log.head = new Head(hardState, log.head.truncated(), log.head.membership());
      changed = true;
    }
    if (changed) {
      batch.putHead(log.group, log.head);
    }
    if (!write.entries().isEmpty()) {
      append(log, write.entries());
    }
  }

  private void cutFront(GroupLog log, LogWrite.Truncation cut) throws StorageException {
    long upTo = cut.upTo().index();
    if (upTo < log.head.truncated().index()) {
      throw new StorageException(
          "the log of group "
              + log.group
              + " is cut at "
              + log.head.truncated()
              + " and cannot be cut at "
              + cut.upTo());
    }
    while (!log.records.isEmpty() && log.lastOf(0) <= upTo) {
      batch.removeRecord(log.group, log.records.removeFirst());
    }
    log.lastIndex = Math.max(log.lastIndex, upTo);
    log.head = new Head(log.head.hardState(), cut.upTo(), cut.membership());
  }

  private void append(GroupLog log, List<Entry> entries) throws StorageException {
    long first = entries.get(0).index();
    if (first > log.lastIndex + 1 || first <= log.head.truncated().index()) {
      throw new StorageException(
          "the log of group "
              + log.group
              + " holds "
              + log.head.truncated()
              + " to "
              + log.lastIndex
              + " and cannot take entries from index "
              + first);
    }
    if (first <= log.lastIndex) {
      cutBack(log, first);
    }
    int from = 0;
    while (from < entries.size()) {
      int to = endOfRecord(entries, from);
      batch.putRecord(log.group, entries.subList(from, to));
      log.records.add(entries.get(from).index());
      from = to;
    }
    log.lastIndex = entries.get(entries.size() - 1).index();
    log.stagedInBatch = batchNumber;
  }

  private int endOfRecord(List<Entry> entries, int from) {
    long bytes = entries.get(from).weight();
    int to = from + 1;
    while (to < entries.size() && bytes + entries.get(to).weight() <= config.recordBytesMax()) {
      bytes += entries.get(to++).weight();
    }
    return to;
  }

  /** Removes all from {@code first} on; what a record holds before that is put again. */
  private void cutBack(GroupLog log, long first) throws StorageException {
    while (!log.records.isEmpty() && log.records.last() >= first) {
      log.lastIndex = log.records.removeLast() - 1;
      batch.removeRecord(log.group, log.lastIndex + 1);
    }
    if (!log.records.isEmpty() && log.lastIndex >= first) {
      long straddling = log.records.last();
      byte[] key = LogKeys.record(log.group, straddling);
      List<Entry> entries = LogRecovery.decode(key, disk.get(key));
      batch.removeRecord(log.group, straddling);
      batch.putRecord(log.group, entries.subList(0, Math.toIntExact(first - straddling)));
    }
    log.lastIndex = first - 1;
  }
}
