package io.flotilla.shard.kv;

import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.RunKind;
import io.flotilla.raft.sim.RuntimeSimulation;
import io.flotilla.raft.sim.ScratchDirectory;
import io.flotilla.raft.sim.SimRun;
import io.flotilla.raft.sim.Simulation;
import io.flotilla.raft.sim.Trace;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run of the real runtime and the real state machine, on its real store, in simulated nodes:
 * all faults and judges of {@link RuntimeSimulation}, and clients with sessions of the SDK, several
 * of whose writes are open at a time. The stores lie in a directory that is there from the first
 * look at the run until its end. One thread; the same seed gives the same run.
 */
public final class ShardSimulation implements SimRun {
  public static final RunKind KIND = new RunKind("shard", seed -> new ShardSimulation(seed, false));

  private final long seed;
  private final boolean readable;
  private final ScratchDirectory directory = new ScratchDirectory("flotilla-sim");
  private final List<SimulatedShards> opened = new ArrayList<>();
  private @Nullable RuntimeSimulation made;

  private ShardSimulation(long seed, boolean readable) {
    this.seed = seed;
    this.readable = readable;
  }

  private RuntimeSimulation simulation() {
    RuntimeSimulation simulation = made;
    if (simulation == null) {
      simulation =
          RuntimeSimulation.of(
              KIND.name(), seed, seed % 5 == 4 ? 5 : 3, (node, chance) -> open(chance), readable);
      made = simulation;
    }
    return simulation;
  }

  /** Another for each disk that a node has had. */
  private SimulatedShards open(Chance chance) {
    try {
      SimulatedShards states =
          new SimulatedShards(directory.path().resolve("disk" + opened.size()), chance);
      opened.add(states);
      return states;
    } catch (StorageException broken) {
      throw new AssertionError("cannot open disk " + opened.size(), broken);
    }
  }

  @Override
  public ShardSimulation readable() {
    return new ShardSimulation(seed, true);
  }

  @Override
  public Simulation.Outcome run() {
    try (directory) {
      return runOnDisks();
    }
  }

  private Simulation.Outcome runOnDisks() {
    try {
      return simulation().run();
    } finally {
      opened.forEach(ShardSimulation::close);
    }
  }

  private static void close(SimulatedShards states) {
    try {
      states.close();
    } catch (StorageException broken) {
      throw new AssertionError("cannot close a disk", broken);
    }
  }

  @Override
  public Trace trace() {
    return simulation().trace();
  }

  @Override
  public String toString() {
    return simulation().toString();
  }
}
