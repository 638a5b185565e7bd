package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.MissingEntriesException;
import io.flotilla.raft.port.StorageException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The logs of a simulated node. What is handed over becomes durable after a drawn delay, in order,
 * all of a hand-over or nothing; a crash keeps the synced and, as chance wills, some of the first
 * hand-overs that were not. One thread.
 */
public final class SimLogStore implements LogStore {
  /** What a node's disk holds; outlives the store. */
  public static final class Platter {
    private final Map<GroupId, Kept> groups = new HashMap<>();

    private void keep(LogWrite write) {
      Kept kept = groups.computeIfAbsent(write.group(), group -> new Kept());
      write.hardState().ifPresent(state -> kept.hardState = state);
      if (!write.entries().isEmpty()) {
        kept.log.append(write.entries());
      }
      write
          .truncate()
          .ifPresent(
              cut -> {
                kept.log.truncate(cut.upTo());
                kept.membership = cut.membership();
              });
    }

    public HardState hardState(GroupId group) {
      Kept kept = groups.get(group);
      return kept == null ? HardState.INITIAL : kept.hardState;
    }

    /** A copy of what is durable. */
    SimLog log(GroupId group) {
      Kept kept = groups.get(group);
      return kept == null ? new SimLog() : kept.log.copy();
    }

    long lastIndex(GroupId group) {
      Kept kept = groups.get(group);
      return kept == null ? 0 : kept.log.lastIndex();
    }

    /** As for {@link RaftProperties#disk}. */
    public long durableTerm(GroupId group, long index) {
      Kept kept = groups.get(group);
      return kept == null
          ? -1
          : index <= kept.log.truncated().index() ? Long.MAX_VALUE : kept.log.termAt(index);
    }
  }

  private static final class Kept {
    private final SimLog log = new SimLog();
    private HardState hardState = HardState.INITIAL;
    private Membership membership = Membership.of(List.of());

    RecoveredLog recovered() {
      List<Entry> memberships =
          log.range(log.truncated().index() + 1, log.lastIndex()).stream()
              .filter(entry -> entry.kind() == Entry.Kind.MEMBERSHIP)
              .toList();
      return new RecoveredLog(
          hardState, log.truncated(), membership, log.termRuns(), log.lastIndex(), memberships);
    }
  }

  private record HandOver(List<LogWrite> writes, long bytes, Runnable durable) {}

  private final SimClock clock;
  private final Chance chance;
  private final Supplier<Faults.Disk> faults;
  private final Platter platter;
  private final Map<GroupId, RecoveredLog> recovered = new HashMap<>();
  private final ArrayDeque<HandOver> unsynced = new ArrayDeque<>();
  private boolean syncing;
  private boolean gone;

  public SimLogStore(SimClock clock, Chance chance, Supplier<Faults.Disk> faults, Platter platter) {
    this.clock = clock;
    this.chance = chance;
    this.faults = faults;
    this.platter = platter;
    platter.groups.forEach((group, kept) -> recovered.put(group, kept.recovered()));
  }

  @Override
  public void append(List<LogWrite> writes, Runnable durable) {
    if (gone) {
      throw new IllegalStateException("the store is closed");
    }
    long bytes =
        writes.stream()
            .map(LogWrite::entries)
            .flatMap(Collection::stream)
            .mapToLong(Entry::weight)
            .sum();
    unsynced.add(new HandOver(List.copyOf(writes), bytes, durable));
    sync();
  }

  private void sync() {
    if (syncing || unsynced.isEmpty()) {
      return;
    }
    syncing = true;
    int covers = unsynced.size();
    Faults.Disk disk = faults.get();
    long delay =
        chance.happens(disk.stall())
            ? chance.between(disk.syncMicrosMax(), disk.stallMicrosMax())
            : chance.between(disk.syncMicrosMin(), disk.syncMicrosMax());
    clock.after(delay, () -> synced(covers));
  }

  private void synced(int covers) {
    if (!gone) {
      for (int i = 0; i < covers; i++) {
        keepFirst().durable().run();
      }
      syncing = false;
      sync();
    }
  }

  private HandOver keepFirst() {
    HandOver first = unsynced.remove();
    first.writes().forEach(platter::keep);
    return first;
  }

  /** The power is gone; nobody is called back any more. */
  public void crash() {
    int kept = chance.below(unsynced.size() + 1);
    for (int i = 0; i < kept; i++) {
      keepFirst();
    }
    unsynced.clear();
    gone = true;
  }

  @Override
  public long backlogBytes() {
    return unsynced.stream().mapToLong(HandOver::bytes).sum();
  }

  @Override
  public List<Entry> read(GroupId group, long first, long last, long maxBytes)
      throws StorageException {
    SimLog log = Optional.ofNullable(platter.groups.get(group)).orElseGet(Kept::new).log;
    if (first <= log.truncated().index() || last > log.lastIndex()) {
      throw new MissingEntriesException(
          "group "
              + group
              + " has no entries "
              + first
              + ".."
              + last
              + ", up to "
              + log.lastIndex());
    }
    return log.range(first, last, maxBytes);
  }

  @Override
  public Map<GroupId, RecoveredLog> recovered() {
    return recovered;
  }

  @Override
  public void close() {
    while (!unsynced.isEmpty()) {
      keepFirst().durable().run();
    }
    gone = true;
  }
}
