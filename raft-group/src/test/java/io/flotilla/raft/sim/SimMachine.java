package io.flotilla.raft.sim;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.StateMachine;
import java.util.ArrayList;
import java.util.List;

/**
 * One replica's state in a simulated node: kept in memory, flushed now and then, and after a crash
 * as old as the last flush. One thread.
 */
final class SimMachine implements StateMachine<SimMachine.Round> {
  /** Commits by making what was staged visible. */
  static final class Round implements ApplyRound {
    private final List<Runnable> staged = new ArrayList<>();

    @Override
    public long stagedBytes() {
      return staged.size() * 100L;
    }

    @Override
    public void commit() {
      staged.forEach(Runnable::run);
      staged.clear();
    }

    @Override
    public void close() {
      staged.clear();
    }
  }

  private final World world;
  private final SimGroup group;
  private final int replica;
  private SimState flushed = new SimState();
  private SimState visible = new SimState();
  private SimState working = new SimState();

  SimMachine(World world, SimGroup group, int replica) {
    this.world = world;
    this.group = group;
    this.replica = replica;
  }

  /** Whatever was not flushed is gone. */
  void restart() {
    visible = flushed;
    working = flushed.copy();
  }

  @Override
  public long appliedIndex() {
    return visible.applied();
  }

  @Override
  public List<byte[]> apply(List<Entry> entries, Round round) {
    List<byte[]> results = new ArrayList<>();
    for (Entry entry : entries) {
      SimState.Outcome outcome = working.apply(entry);
      results.add(entry.kind() == Entry.Kind.COMMAND ? outcome.encode() : new byte[0]);
    }
    round.staged.add(this::commit);
    return results;
  }

  private void commit() {
    visible = working.copy();
    group.properties().applied(replica, visible);
    if (world.chance().happens(0.1)) {
      flushed = visible;
    }
  }

  SimState state() {
    return visible;
  }
}
