package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.DamagedLog;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.StorageException;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a simulated node's disk holds of its logs; outlives the store. It can damage a log, and
 * forget what it had kept; its mark, as that of the real store, tells. One thread.
 */
public final class SimPlatter {
  private final Map<GroupId, Kept> groups = new HashMap<>();
  private final Map<GroupId, ReplicaId> tombstones = new HashMap<>();
  private final Map<GroupId, DamagedLog> damaged = new HashMap<>();
  private Optional<ReplicaId> forgottenUpTo = Optional.empty();
  private long greatestReplica;

  private static final class Kept {
    private SimLog log = new SimLog();
    private final ReplicaId self;
    private long generation;
    private HardState hardState = HardState.INITIAL;
    private Membership membership = Membership.of(List.of());

    Kept(ReplicaId self) {
      this.self = self;
    }

    Kept copy() {
      Kept copy = new Kept(self);
      copy.log = log.copy();
      copy.generation = generation;
      copy.hardState = hardState;
      copy.membership = membership;
      return copy;
    }

    RecoveredLog recovered() {
      List<Entry> memberships =
          log.range(log.truncated().index() + 1, log.lastIndex()).stream()
              .filter(entry -> entry.kind() == Entry.Kind.MEMBERSHIP)
              .toList();
      return new RecoveredLog(
          self,
          generation,
          hardState,
          log.truncated(),
          membership,
          log.termRuns(),
          log.lastIndex(),
          memberships);
    }
  }

  /**
   * Keeps all of a hand-over, or, if it is not what a log store takes, fails.
   *
   * @throws StorageException as the store's fatal failure
   */
  void keep(List<LogWrite> writes) throws StorageException {
    for (LogWrite write : writes) {
      if (write.cut().isPresent()) {
        write.cut().get().applyTo(new Cutter(write.group()));
      }
      if (write.hardState().isPresent()) {
        known(write.group()).hardState = write.hardState().get();
      }
      if (!write.entries().isEmpty()) {
        appendTo(known(write.group()).log, write.entries());
      }
    }
  }

  private static void appendTo(SimLog log, List<Entry> entries) throws StorageException {
    long first = entries.get(0).index();
    if (first <= log.truncated().index() || first > log.lastIndex() + 1) {
      throw new StorageException("no place for entries from index " + first);
    }
    log.append(entries);
  }

  private Kept known(GroupId group) throws StorageException {
    Kept kept = groups.get(group);
    if (kept == null) {
      throw new StorageException("group " + group + " has no log here");
    }
    return kept;
  }

  private final class Cutter implements LogWrite.Cut.Target {
    private final GroupId group;

    Cutter(GroupId group) {
      this.group = group;
    }

    @Override
    public void begin(LogWrite.Base base) throws StorageException {
      checkMayBegin(base);
      Kept kept = new Kept(base.self());
      Kept old = groups.get(group);
      if (old != null && old.self.equals(base.self())) {
        kept.hardState = old.hardState;
      } else if (old != null) {
        bury(old.self);
      }
      DamagedLog broken = damaged.remove(group);
      if (broken != null) {
        bury(broken.upTo());
      }
      kept.log.begin(base.at());
      kept.membership = base.membership();
      kept.generation = base.generation();
      groups.put(group, kept);
      greatestReplica = Math.max(greatestReplica, base.self().value());
    }

    private void checkMayBegin(LogWrite.Base base) throws StorageException {
      ReplicaId self = base.self();
      ReplicaId buried = tombstones.get(group);
      DamagedLog broken = damaged.get(group);
      Kept old = groups.get(group);
      boolean mayNot =
          (buried != null && self.compareTo(buried) <= 0)
              || (forgottenUpTo.isPresent() && self.compareTo(forgottenUpTo.get()) <= 0)
              || (broken != null && self.compareTo(broken.upTo()) <= 0)
              || (old != null && self.compareTo(old.self) < 0)
              || (old != null
                  && self.equals(old.self)
                  && base.at().index() <= old.log.truncated().index());
      if (mayNot) {
        throw new StorageException("the log of group " + group + " cannot begin: " + base);
      }
    }

    private void bury(ReplicaId upTo) {
      tombstones.merge(group, upTo, SimPlatter::greater);
    }

    @Override
    public void truncate(LogWrite.Truncation cut) throws StorageException {
      Kept kept = known(group);
      long upTo = cut.upTo().index();
      if (upTo < kept.log.truncated().index() || upTo > kept.log.lastIndex()) {
        throw new StorageException("the log of group " + group + " cannot be cut: " + cut);
      }
      kept.log.truncate(cut.upTo());
      kept.membership = cut.membership();
    }

    @Override
    public void remove(LogWrite.Removal removal) {
      Kept kept = groups.get(group);
      if (kept != null && kept.self.compareTo(removal.upTo()) <= 0) {
        groups.remove(group);
      }
      DamagedLog broken = damaged.get(group);
      if (broken != null && broken.upTo().compareTo(removal.upTo()) <= 0) {
        damaged.remove(group);
      }
      bury(removal.upTo());
    }
  }

  private static ReplicaId greater(ReplicaId a, ReplicaId b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  /** The group's log is not whole any more; found out when a store is opened on it. */
  public void damage(GroupId group) {
    Kept kept = groups.remove(group);
    if (kept != null) {
      damaged.put(group, new DamagedLog(kept.self, "damaged on purpose"));
    }
  }

  /** What this held was lost, in part or whole, after it was said to be synced. */
  public void forget() {
    if (greatestReplica > 0) {
      forgottenUpTo = Optional.of(new ReplicaId(greatestReplica));
      List.copyOf(groups.keySet()).forEach(this::damage);
    }
  }

  Map<GroupId, DamagedLog> damaged() {
    return Map.copyOf(damaged);
  }

  Optional<ReplicaId> forgottenUpTo() {
    return forgottenUpTo;
  }

  /** Another disk that holds the same. */
  SimPlatter copy() {
    SimPlatter copy = new SimPlatter();
    groups.forEach((group, kept) -> copy.groups.put(group, kept.copy()));
    copy.tombstones.putAll(tombstones);
    copy.damaged.putAll(damaged);
    copy.forgottenUpTo = forgottenUpTo;
    copy.greatestReplica = greatestReplica;
    return copy;
  }

  /** In an order that is the same in every process. */
  Map<GroupId, RecoveredLog> recovered() {
    Map<GroupId, RecoveredLog> recovered = new TreeMap<>(Comparator.comparing(GroupId::value));
    groups.forEach((group, kept) -> recovered.put(group, kept.recovered()));
    return Collections.unmodifiableMap(recovered);
  }

  Map<GroupId, ReplicaId> tombstones() {
    return Map.copyOf(tombstones);
  }

  /** Whose log of a group this holds. */
  Optional<ReplicaId> holder(GroupId group) {
    return Optional.ofNullable(groups.get(group)).map(kept -> kept.self);
  }

  private @Nullable Kept of(GroupId group, ReplicaId replica) {
    Kept kept = groups.get(group);
    return kept != null && kept.self.equals(replica) ? kept : null;
  }

  HardState hardState(GroupId group, ReplicaId replica) {
    Kept kept = of(group, replica);
    return kept == null ? HardState.INITIAL : kept.hardState;
  }

  /** A copy of what is durable. */
  SimLog log(GroupId group) {
    Kept kept = groups.get(group);
    return kept == null ? new SimLog() : kept.log.copy();
  }

  long bytes(GroupId group) {
    Kept kept = groups.get(group);
    return kept == null ? 0 : kept.log.bytes();
  }

  /** Of all logs. */
  public long bytes() {
    return groups.values().stream().mapToLong(kept -> kept.log.bytes()).sum();
  }

  long lastIndex(GroupId group, ReplicaId replica) {
    Kept kept = of(group, replica);
    return kept == null ? 0 : kept.log.lastIndex();
  }

  /** As for {@link RaftProperties#disk}. */
  long durableTerm(GroupId group, ReplicaId replica, long index) {
    Kept kept = of(group, replica);
    return kept == null
        ? -1
        : index <= kept.log.truncated().index() ? Long.MAX_VALUE : kept.log.termAt(index);
  }
}
