package io.flotilla.shard.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.sim.Campaign;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.Floors;
import io.flotilla.raft.sim.Seeds;
import io.flotilla.raft.sim.SimRun;
import io.flotilla.raft.sim.Simulation;
import org.junit.jupiter.api.Test;

/**
 * A few runs of {@link ShardSimulation}; what one seed found is replayed as {@link Seeds} tells.
 */
class ShardSimulationTest {
  @Test
  void shardsSurviveAnyMinorityOfFaults() throws Exception {
    Campaign.Sum sum = new Seeds(ShardSimulation.KIND).run(10);
    System.out.println("shard.kv: " + sum + ", " + sum.faults());
    new Floors(sum).answered(500).had(6, FaultKind.CRASH).had(2.5, FaultKind.RESTORE);
  }

  @Test
  void sameSeedSameTrace() {
    for (long seed = 1; seed <= 3; seed++) {
      SimRun one = ShardSimulation.KIND.of().apply(seed);
      Simulation.Outcome first = one.run();
      assertThat(one.readable().run()).isEqualTo(first);
    }
  }
}
