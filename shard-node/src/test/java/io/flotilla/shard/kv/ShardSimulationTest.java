package io.flotilla.shard.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.RuntimeSimulation;
import io.flotilla.raft.sim.SimStates;
import io.flotilla.raft.sim.Simulation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real runtime and the real state machine, on its real store, in simulated nodes: all faults
 * and judges of {@link RuntimeSimulation}, and clients with sessions of the SDK, several of whose
 * writes are open at a time. {@code -Dsim.seed=N} runs one seed, {@code -Dsim.seeds=N} so many.
 */
class ShardSimulationTest {
  private static final int SEEDS = 8;

  @TempDir private Path directory;

  @Test
  void shardsSurviveAnyMinorityOfFaults() throws Exception {
    Long one = Long.getLong("sim.seed");
    long first = one == null ? 1 : one;
    long last = one == null ? Integer.getInteger("sim.seeds", SEEDS) : one;
    long restored = 0;
    long crashes = 0;
    for (long seed = first; seed <= last; seed++) {
      Simulation.Outcome outcome = run(seed, "a");
      restored += outcome.faults().of(FaultKind.RESTORE);
      crashes += outcome.faults().of(FaultKind.CRASH);
    }
    System.out.println("shard.kv: " + crashes + " crashes, " + restored + " snapshots restored");
    if (one == null) {
      assertThat(restored).as("snapshots that became a state").isGreaterThan(20);
      assertThat(crashes).as("crashes").isGreaterThan(50);
    }
  }

  @Test
  void sameSeedSameTrace() throws Exception {
    for (long seed = 1; seed <= 3; seed++) {
      assertThat(run(seed, "b")).isEqualTo(run(seed, "c"));
    }
  }

  private Simulation.Outcome run(long seed, String name) throws Exception {
    Path disks = directory.resolve(name + seed);
    List<SimulatedShards> opened = new ArrayList<>();
    SimStates.Maker maker =
        (node, chance) -> open(disks.resolve(node + "-" + opened.size()), chance, opened);
    RuntimeSimulation simulation = RuntimeSimulation.of(seed, seed % 5 == 4 ? 5 : 3, maker);
    try {
      return simulation.run();
    } catch (RuntimeException | AssertionError found) {
      throw new AssertionError(simulation + ": " + found.getMessage(), found);
    } finally {
      for (SimulatedShards states : opened) {
        states.close();
      }
    }
  }

  private static SimulatedShards open(Path disk, Chance chance, List<SimulatedShards> opened) {
    try {
      SimulatedShards states = new SimulatedShards(disk, chance);
      opened.add(states);
      return states;
    } catch (StorageException broken) {
      throw new AssertionError("cannot open " + disk, broken);
    }
  }
}
