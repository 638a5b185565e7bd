package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.port.EntryBlock;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rebuilds what is known of each group by one forward scan, and refuses a log in which a record is
 * damaged or an index is missing: a hole given out as a log would be committed entries forgotten.
 */
final class LogRecovery {
  private final Map<GroupId, Found> found = new HashMap<>();

  /** One group as far as the scan has seen it. */
  static final class Found {
    final GroupLog log;
    final List<Position> terms = new ArrayList<>();
    final List<Entry> memberships = new ArrayList<>();
    long lastTerm;

    Found(GroupLog log) {
      this.log = log;
      this.lastTerm = log.head.truncated().term();
    }

    RecoveredLog recovered() {
      Head head = log.head;
      return new RecoveredLog(
          head.hardState(), head.truncated(), head.membership(), terms, log.lastIndex, memberships);
    }
  }

  private LogRecovery() {}

  static Map<GroupId, Found> scan(LogDb db) throws StorageException {
    LogRecovery recovery = new LogRecovery();
    db.scan(LogKeys.from(LogKeys.HEAD), LogKeys.beyond(LogKeys.HEAD), recovery::takeHead);
    db.scan(LogKeys.from(LogKeys.RECORD), LogKeys.beyond(LogKeys.RECORD), recovery::takeRecord);
    return recovery.found;
  }

  private boolean takeHead(byte[] key, byte[] value) throws StorageException {
    ByteBuffer body = Sealed.open(key, value);
    GroupLog log = new GroupLog(LogKeys.groupOf(key));
    try {
      log.head = Head.decode(body);
    } catch (IllegalArgumentException e) {
      throw new StorageException("log record " + Sealed.name(key) + " is malformed", e);
    }
    log.lastIndex = log.head.truncated().index();
    found.put(log.group, new Found(log));
    return true;
  }

  private boolean takeRecord(byte[] key, byte[] value) throws StorageException {
    Found group = found.get(LogKeys.groupOf(key));
    if (group == null) {
      throw new StorageException("log record " + Sealed.name(key) + " belongs to no known group");
    }
    List<Entry> entries = decode(key, value);
    checkFits(group.log, key);
    group.log.records.add(entries.get(0).index());
    for (Entry entry : entries) {
      if (entry.index() > group.log.head.truncated().index()) {
        takeEntry(group, entry);
      }
    }
    return true;
  }

  /** The first record may begin before the cut, which may lie within it; the others follow on. */
  private static void checkFits(GroupLog log, byte[] key) throws StorageException {
    long first = LogKeys.firstOf(key);
    boolean fits = log.records.isEmpty() ? first <= log.lastIndex + 1 : first == log.lastIndex + 1;
    if (!fits) {
      throw new StorageException(
          "the log of group "
              + log.group
              + " has a gap: index "
              + (log.lastIndex + 1)
              + " is missing before "
              + first);
    }
  }

  private static void takeEntry(Found group, Entry entry) throws StorageException {
    if (entry.term() < group.lastTerm) {
      throw new StorageException(
          "the log of group " + group.log.group + " goes back in term at " + entry);
    }
    if (entry.term() > group.lastTerm || group.terms.isEmpty()) {
      group.terms.add(new Position(entry.index(), entry.term()));
      group.lastTerm = entry.term();
    }
    if (entry.kind() == Entry.Kind.MEMBERSHIP) {
      group.memberships.add(entry);
    }
    group.log.lastIndex = entry.index();
  }

  /** The entries of a record, if it is whole and stands where it belongs. */
  static List<Entry> decode(byte[] key, byte @Nullable [] value) throws StorageException {
    if (value == null) {
      throw new StorageException("log record " + Sealed.name(key) + " is missing");
    }
    try {
      List<Entry> entries = EntryBlock.decode(Sealed.open(key, value));
      if (entries.get(0).index() == LogKeys.firstOf(key)) {
        return entries;
      }
      throw new StorageException(
          "log record " + Sealed.name(key) + " begins at " + entries.get(0).index());
    } catch (IllegalArgumentException e) {
      throw new StorageException("log record " + Sealed.name(key) + " is malformed", e);
    }
  }
}
