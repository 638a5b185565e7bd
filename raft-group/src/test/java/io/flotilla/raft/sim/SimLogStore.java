package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.MissingEntriesException;
import io.flotilla.raft.port.OpenedLogStore;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.port.UnreadableLogException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The logs of a simulated node. What is handed over becomes durable after a drawn delay, in order,
 * all of a hand-over or nothing; a crash keeps the synced and, as chance wills, some of the first
 * hand-overs that were not. One thread.
 */
public final class SimLogStore extends OpenedLogStore {
  private record HandOver(List<LogWrite> writes, long bytes, Runnable durable) {}

  private final SimClock clock;
  private final Chance chance;
  private final Supplier<Faults.Disk> faults;
  private final SimPlatter platter;
  private final Consumer<Throwable> fatal;
  private final ArrayDeque<HandOver> unsynced = new ArrayDeque<>();
  private long handedOver;
  private boolean syncing;
  private boolean hangs;

  /** What a sync that is over would have done, if the disk did not hang. */
  private Runnable late = () -> {};

  private @Nullable StorageException failure;
  private boolean gone;
  private FaultCounts counts = new FaultCounts();

  /**
   * @param fatal as for the real store: told once of a write that the store does not take
   */
  public SimLogStore(
      SimClock clock,
      Chance chance,
      Supplier<Faults.Disk> faults,
      SimPlatter platter,
      Consumer<Throwable> fatal) {
    this.clock = clock;
    this.chance = chance;
    this.faults = faults;
    this.platter = platter;
    this.fatal = fatal;
    recovered().putAll(platter.recovered());
    damaged().putAll(platter.damaged());
    tombstones().putAll(platter.tombstones());
    platter.forgottenUpTo().ifPresent(this::forgetUpTo);
  }

  /** Where it counts from now on what it suffers. */
  void countIn(FaultCounts elsewhere) {
    counts = elsewhere;
  }

  @Override
  public void append(List<LogWrite> writes, Runnable durable) {
    if (failure != null) {
      return;
    }
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
    handedOver++;
    sync();
  }

  private void sync() {
    if (syncing || unsynced.isEmpty()) {
      return;
    }
    syncing = true;
    int covers = unsynced.size();
    clock.after(faults.get().syncMicros(chance, counts), () -> synced(covers));
  }

  private void synced(int covers) {
    if (gone) {
      return;
    }
    if (hangs) {
      late = () -> synced(covers);
      return;
    }
    for (int i = 0; i < covers && failure == null; i++) {
      HandOver first = unsynced.remove();
      if (keep(first)) {
        first.durable().run();
      }
    }
    syncing = false;
    sync();
  }

  private boolean keep(HandOver handOver) {
    try {
      platter.keep(handOver.writes());
      return true;
    } catch (StorageException refused) {
      failure = refused;
      unsynced.clear();
      fatal.accept(refused);
      return false;
    }
  }

  /** Nothing becomes durable any more, and nothing fails, until it {@link #getsOn}. */
  void hang() {
    hangs = true;
  }

  void getsOn() {
    hangs = false;
    Runnable due = late;
    late = () -> {};
    due.run();
  }

  /** The power is gone; nobody is called back any more. */
  public void crash() {
    crash(chance.below(unsynced.size() + 1));
  }

  /** As {@link #crash()}, and {@code kept} of the hand-overs that were not synced are there. */
  void crash(int kept) {
    for (int i = 0; i < kept && failure == null; i++) {
      keep(unsynced.remove());
    }
    unsynced.clear();
    gone = true;
  }

  @Override
  public long backlogBytes() {
    return unsynced.stream().mapToLong(HandOver::bytes).sum();
  }

  @Override
  public long firstUnsynced() {
    return unsynced.isEmpty() ? 0 : handedOver - unsynced.size() + 1;
  }

  /** Of what is durable: nothing is cut by what is not. */
  @Override
  public long retainedBytes(GroupId group) {
    return platter.bytes(group);
  }

  @Override
  public List<Entry> read(GroupId group, long first, long last, long maxBytes)
      throws StorageException, UnreadableLogException {
    SimLog log = platter.log(group);
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
  public void close() throws StorageException {
    hangs = false;
    synced(unsynced.size());
    gone = true;
    if (failure != null) {
      throw new StorageException("the log failed earlier", failure);
    }
  }
}
