package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.DamagedLogException;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.StorageException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns what groups want kept into changes of one batch. A record's key is put once before each
 * {@code SingleDelete} of it, also within a batch, and also by a group that was removed and came
 * back: RocksDB says nothing of what happens otherwise. So nothing is removed but what the index of
 * records holds, and what is removed leaves the index. One thread.
 */
final class LogStager {
  private final LogDisk disk;
  private final RocksLogConfig config;
  private final LogIndex index;
  private final LogBatch batch = new LogBatch();
  private long batchNumber;

  LogStager(LogDisk disk, RocksLogConfig config, LogIndex index) {
    this.disk = disk;
    this.config = config;
    this.index = index;
  }

  boolean isEmpty() {
    return batch.isEmpty();
  }

  int bytes() {
    return batch.bytes();
  }

  /** All that was staged, to be written before anything else is staged. */
  byte[] take() {
    batchNumber++;
    return batch.take();
  }

  /** An overwrite may have to keep the head of a record, and reads it from the database. */
  boolean readsWhatIsOnlyStaged(Handover handover) {
    for (LogWrite write : handover.writes()) {
      GroupLog log = index.log(write.group());
      if (log != null
          && log.stagedInBatch == batchNumber
          && !write.entries().isEmpty()
          && write.entries().get(0).index() <= log.lastIndex) {
        return true;
      }
    }
    return false;
  }

  void stage(LogWrite write) throws StorageException {
    if (write.cut().isPresent()) {
      write.cut().get().applyTo(new Cutter(write.group()));
    }
    if (write.hardState().isPresent()) {
      GroupLog log = known(write.group());
      log.head = log.head.with(write.hardState().get());
    }
    GroupLog log = index.log(write.group());
    if (log != null && (write.cut().isPresent() || write.hardState().isPresent())) {
      batch.putHead(log.group, log.head);
    }
    if (!write.entries().isEmpty()) {
      append(known(write.group()), write.entries());
    }
  }

  private GroupLog known(GroupId group) throws StorageException {
    GroupLog log = index.log(group);
    if (log == null) {
      throw new StorageException(
          "group " + group + " has no log here: it has not begun, is gone, or is damaged");
    }
    return log;
  }

  /** Does to one group's log what is asked. */
  private final class Cutter implements LogWrite.Cut.Target {
    private final GroupId group;

    Cutter(GroupId group) {
      this.group = group;
    }

    @Override
    public void begin(LogWrite.Base base) throws StorageException {
      GroupLog old = index.log(group);
      checkMayBegin(old, base);
      HardState hardState = HardState.INITIAL;
      Debris debris = index.debris(group);
      if (debris != null) {
        clear(debris);
      }
      if (old != null) {
        removeRecords(old.records);
        if (old.head.self().equals(base.self())) {
          hardState = old.head.hardState();
        } else {
          bury(old.head.self());
        }
      }
      index.put(new GroupLog(group, Head.of(base, hardState)));
    }

    private void checkMayBegin(@Nullable GroupLog old, LogWrite.Base base) throws StorageException {
      if (index.isGone(group, base.self())) {
        throw refused(base, "that replica was removed from this node, or forgotten");
      }
      Debris debris = index.debris(group);
      if (debris != null && base.self().compareTo(debris.upTo()) <= 0) {
        throw refused(base, "that replica's log is damaged: " + debris.verdict().why());
      }
      if (old == null) {
        return;
      }
      int age = base.self().compareTo(old.head.self());
      if (age < 0) {
        throw refused(base, "replica " + old.head.self() + " has taken its place");
      }
      if (age == 0 && base.at().index() <= old.head.truncated().index()) {
        throw refused(base, "it begins after " + old.head.truncated() + " already");
      }
    }

    private StorageException refused(LogWrite.Base base, String why) {
      return new StorageException(
          "the log of group "
              + group
              + " cannot begin after "
              + base.at()
              + " for replica "
              + base.self()
              + ": "
              + why);
    }

    @Override
    public void truncate(LogWrite.Truncation cut) throws StorageException {
      GroupLog log = known(group);
      long upTo = cut.upTo().index();
      if (upTo < log.head.truncated().index() || upTo > log.lastIndex) {
        throw new StorageException(span(log) + " and cannot be cut at " + cut.upTo());
      }
      while (!log.records.isEmpty() && log.lastOf(0) <= upTo) {
        batch.removeRecord(group, log.records.removeFirst());
      }
      log.weigh();
      log.head = log.head.cutAt(cut);
    }

    @Override
    public void remove(LogWrite.Removal removal) {
      GroupLog log = index.log(group);
      if (log != null && log.head.self().compareTo(removal.upTo()) <= 0) {
        removeRecords(log.records);
        batch.removeHead(group);
        index.remove(group);
      }
      Debris debris = index.debris(group);
      if (debris != null && debris.upTo().compareTo(removal.upTo()) <= 0) {
        clear(debris);
      }
      bury(removal.upTo());
    }

    private void clear(Debris debris) {
      removeRecords(debris.records());
      batch.removeHead(group);
      bury(debris.upTo());
      index.removeDebris(group);
    }

    private void removeRecords(RecordIndex records) {
      while (!records.isEmpty()) {
        batch.removeRecord(group, records.removeFirst());
      }
    }

    private void bury(ReplicaId upTo) {
      if (index.bury(group, upTo)) {
        batch.putTombstone(group, upTo);
      }
    }
  }

  private static String span(GroupLog log) {
    return "the log of group "
        + log.group
        + " holds "
        + log.head.truncated()
        + " to "
        + log.lastIndex;
  }

  private void append(GroupLog log, List<Entry> entries) throws StorageException {
    long first = entries.get(0).index();
    if (first > log.lastIndex + 1 || first <= log.head.truncated().index()) {
      throw new StorageException(span(log) + " and cannot take entries from index " + first);
    }
    if (first <= log.lastIndex) {
      cutBack(log, first);
    }
    int from = 0;
    while (from < entries.size()) {
      int to = endOfRecord(entries, from);
      int bytes = batch.putRecord(log.group, entries.subList(from, to));
      log.records.add(entries.get(from).index(), bytes);
      from = to;
    }
    log.lastIndex = entries.get(entries.size() - 1).index();
    log.stagedInBatch = batchNumber;
    log.weigh();
  }

  private int endOfRecord(List<Entry> entries, int from) {
    long bytes = entries.get(from).weight();
    int to = from + 1;
    while (to < entries.size() && bytes + entries.get(to).weight() <= config.recordBytesMax()) {
      bytes += entries.get(to++).weight();
    }
    return to;
  }

  /** One group's damage, but the writer cannot go on: the batch of all groups holds its change. */
  private static List<Entry> decode(byte[] key, byte @Nullable [] value) throws StorageException {
    try {
      return LogRecovery.decode(key, value);
    } catch (DamagedLogException e) {
      throw new StorageException("what was to be kept of a log record is gone", e);
    }
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
      List<Entry> entries = decode(key, disk.get(key));
      batch.removeRecord(log.group, straddling);
      log.records.removeLast();
      List<Entry> kept = entries.subList(0, Math.toIntExact(first - straddling));
      log.records.add(straddling, batch.putRecord(log.group, kept));
    }
    log.lastIndex = first - 1;
  }
}
