package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.DamagedLogException;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One group's log as far as the scan at opening has seen it: its head, then its records in order.
 * What breaks it first is remembered; which records lie there is, all the same.
 */
final class FoundLog {
  final GroupId group;
  final RecordIndex records = new RecordIndex();
  private final List<Position> terms = new ArrayList<>();
  private final List<Entry> memberships = new ArrayList<>();
  private @Nullable Head head;
  private @Nullable DamagedLogException broken;
  private long lastIndex;
  private long lastTerm;

  FoundLog(GroupId group) {
    this.group = group;
  }

  @Nullable DamagedLogException broken() {
    return broken;
  }

  void breaks(DamagedLogException cause) {
    if (broken == null) {
      broken = cause;
    }
  }

  /** Whether it is known whose log this is. */
  boolean isLegible() {
    return head != null;
  }

  ReplicaId self() {
    return head().self();
  }

  private Head head() {
    return Objects.requireNonNull(head, "the log is not legible");
  }

  GroupLog log() {
    return new GroupLog(group, head(), records, lastIndex);
  }

  RecoveredLog recovered() {
    Head known = head();
    return new RecoveredLog(
        known.self(),
        known.generation(),
        known.hardState(),
        known.truncated(),
        known.membership(),
        terms,
        lastIndex,
        memberships);
  }

  void takeHead(Head found) {
    head = found;
    lastIndex = found.truncated().index();
    lastTerm = found.truncated().term();
  }

  void takeRecord(byte[] key, byte[] value) {
    try {
      if (head == null) {
        breaks(
            new DamagedLogException(
                "log record " + Sealed.name(key) + " belongs to no known head"));
      }
      if (broken == null) {
        takeEntries(key, value);
      }
    } catch (DamagedLogException e) {
      breaks(e);
    }
    records.add(LogKeys.firstOf(key), value.length - Sealed.SEAL_BYTES);
  }

  private void takeEntries(byte[] key, byte[] value) throws DamagedLogException {
    List<Entry> entries = LogRecovery.decode(key, value);
    checkFits(entries.get(0).index());
    for (Entry entry : entries) {
      if (entry.index() > head().truncated().index()) {
        take(entry);
      }
    }
  }

  /** The first record may begin before the cut, which may lie within it; the others follow on. */
  private void checkFits(long first) throws DamagedLogException {
    boolean fits = records.isEmpty() ? first <= lastIndex + 1 : first == lastIndex + 1;
    if (!fits) {
      throw new DamagedLogException(
          "the log of group "
              + group
              + " has a gap: index "
              + (lastIndex + 1)
              + " is missing before "
              + first);
    }
  }

  private void take(Entry entry) throws DamagedLogException {
    if (entry.term() < lastTerm) {
      throw new DamagedLogException("the log of group " + group + " goes back in term at " + entry);
    }
    if (entry.term() > lastTerm || terms.isEmpty()) {
      terms.add(new Position(entry.index(), entry.term()));
      lastTerm = entry.term();
    }
    if (entry.kind() == Entry.Kind.MEMBERSHIP) {
      memberships.add(entry);
    }
    lastIndex = entry.index();
  }
}
