package io.flotilla.raft.sim;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.SnapshotStore;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/** A simulated node's states, in memory. One thread. */
final class MemoryStates implements SimStates<SimMachine.Round> {
  private final Chance chance;
  private final SimFiles files = new SimFiles();
  private final Map<GroupId, SimMachine> machines = new HashMap<>();

  MemoryStates(Chance chance) {
    this.chance = chance;
  }

  @Override
  public void create(GroupId group, Consumer<SimState> judge, LongFunction<SimState> truth) {
    machines.put(group, new SimMachine(chance, (int) group.value(), files, judge));
  }

  @Override
  public SimMachine machine(GroupId group) {
    return Objects.requireNonNull(machines.get(group));
  }

  @Override
  public void remove(GroupId group) {
    machines.remove(group);
  }

  @Override
  public SimMachine.Round newRound() {
    return new SimMachine.Round();
  }

  @Override
  public void flush() {
    machines.values().forEach(SimMachine::flush);
  }

  /** Nothing can be told from what it shows until it starts again. */
  @Override
  public void crash() {}

  @Override
  public void restart(Map<GroupId, Long> named) {
    named.forEach((group, generation) -> machine(group).restart(generation));
  }

  @Override
  public SnapshotStore snapshots() {
    return new SimSnapshotStore(files, Path.of("snapshots"));
  }
}
