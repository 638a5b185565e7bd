package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A hundred clusters of three or five nodes, each with the real runtime and several groups. */
class RuntimeSimulationTest {
  @Test
  void manyGroupsSurviveAnyMinorityOfFaults() throws Exception {
    Seeds.Sum sum =
        new Seeds(RuntimeSimulationTest.class, RuntimeSimulationTest::simulation).run(100);
    System.out.println("raft.runtime: " + sum);
    assertThat(sum.answered()).as("operations that clients finished").isGreaterThan(20);
  }

  private static RuntimeSimulation simulation(long seed) {
    return RuntimeSimulation.of(seed, seed % 5 == 4 ? 5 : 3);
  }

  @Test
  void sameSeedSameTrace() {
    long restored = 0;
    long truncations = 0;
    for (long seed = 1; seed <= 10; seed++) {
      RuntimeSimulation one = simulation(seed);
      Simulation.Outcome first = one.run();
      restored += one.restored();
      truncations += one.truncations();
      assertThat(simulation(seed).readable().run()).isEqualTo(first);
    }
    assertThat(truncations).as("times that a log was cut").isGreaterThan(100);
    assertThat(restored).as("snapshots that became a state").isGreaterThan(20);
  }
}
