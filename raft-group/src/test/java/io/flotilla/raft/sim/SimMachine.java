package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * One replica's state in a simulated node: kept in memory, flushed now and then, and after a crash
 * as old as the last flush. One thread.
 */
final class SimMachine implements JudgedMachine<SimMachine.Round> {
  /** Commits by making what was staged visible. */
  static final class Round implements ApplyRound {
    /** So that a round is full now and then. */
    private static final long ENTRY_BYTES = BYTES_AIM / 7;

    private final List<Runnable> staged = new ArrayList<>();
    private long entries;

    @Override
    public long stagedBytes() {
      return entries * ENTRY_BYTES;
    }

    @Override
    public void commit() {
      staged.forEach(Runnable::run);
      close();
    }

    @Override
    public void close() {
      staged.clear();
      entries = 0;
    }
  }

  private final Chance chance;
  private final int group;
  private final SimImage.Disk disk;
  private final Consumer<SimState> judge;
  private final Map<Long, SimState> loaded = new HashMap<>();
  private long generation = 1;
  private long lastGeneration = 1;
  private SimState flushed = new SimState();
  private SimState visible = new SimState();
  private SimState working = new SimState();

  /**
   * @param chance of being flushed after a round
   * @param disk for images
   * @param judge sees each state that becomes visible
   */
  SimMachine(Chance chance, int group, SimImage.Disk disk, Consumer<SimState> judge) {
    this.chance = chance;
    this.group = group;
    this.disk = disk;
    this.judge = judge;
  }

  /** Whatever was not flushed is gone. */
  void restart() {
    restart(generation);
  }

  /**
   * @param named the generation that the log names, after which all others are gone
   */
  void restart(long named) {
    if (named != generation) {
      adopt(named);
    }
    visible = flushed;
    working = flushed.copy();
    loaded.clear();
  }

  @Override
  public long generation() {
    return generation;
  }

  /** All of which there is something left. */
  Set<Long> generations() {
    Set<Long> all = new TreeSet<>(loaded.keySet());
    all.add(generation);
    return all;
  }

  @Override
  public long appliedIndex() {
    return visible.applied();
  }

  @Override
  public List<byte[]> apply(List<Entry> entries, Round round) {
    List<byte[]> results = new ArrayList<>();
    for (Entry entry : entries) {
      if (round.isFull() && !results.isEmpty()) {
        break;
      }
      Outcome outcome = working.apply(entry);
      results.add(entry.kind() == Entry.Kind.COMMAND ? SimCommand.encode(outcome) : new byte[0]);
      round.entries++;
    }
    round.staged.add(this::commit);
    return results;
  }

  private void commit() {
    visible = working.copy();
    judge.accept(visible);
    if (chance.happens(0.1)) {
      flush();
    }
  }

  void flush() {
    flushed = visible;
  }

  @Override
  public long durableIndex() {
    return flushed.applied();
  }

  @Override
  public SimImage image() {
    return new SimImage(group, visible, disk);
  }

  @Override
  public long load(Path directory, List<SnapshotFile> files) throws ImageException {
    lastGeneration++;
    loaded.put(lastGeneration, SimImage.read(disk, directory, files, group));
    return lastGeneration;
  }

  @Override
  public void adopt(long next) {
    flushed = taken(next);
    visible = flushed;
    working = flushed.copy();
    generation = next;
    judge.accept(visible);
  }

  @Override
  public void discard(long unwanted) {
    taken(unwanted);
  }

  private SimState taken(long number) {
    SimState state = loaded.remove(number);
    if (state == null) {
      throw new IllegalStateException("generation " + number + " was not loaded");
    }
    return state;
  }

  @Override
  public SimState state() {
    return visible;
  }
}
