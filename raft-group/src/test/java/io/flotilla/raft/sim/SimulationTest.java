package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * A thousand worlds of five replicas with everything that can go wrong going wrong, and some of
 * other sizes. What one seed found is replayed as {@link Seeds} tells.
 */
class SimulationTest {
  @Test
  void committedEntriesSurviveAnyMinorityOfFaults() throws Exception {
    Seeds.Sum sum = new Seeds(SimulationTest.class, SimulationTest::simulation).run(1_000);
    System.out.println("raft.core: " + sum);
    assertThat(sum.answered()).as("operations that clients finished").isGreaterThan(20);
  }

  /** Mostly five replicas; now and then another number. */
  private static Simulation simulation(long seed) {
    int size = seed % 20 == 7 ? 3 : seed % 50 == 13 ? 7 : seed % 50 == 31 ? 1 : 5;
    return Simulation.of(seed, size);
  }

  @Test
  void sameSeedSameTrace() {
    long restored = 0;
    for (long seed = 1; seed <= 20; seed++) {
      Simulation one = simulation(seed);
      Simulation.Outcome first = one.run();
      restored += one.restored();
      assertThat(simulation(seed).run()).isEqualTo(first);
      assertThat(simulation(seed).readable().run()).isEqualTo(first);
    }
    assertThat(restored).as("snapshots that became a state").isGreaterThan(20);
  }

  @Test
  void differentSeedsDifferentTraces() {
    assertThat(simulation(1).run().traceHash()).isNotEqualTo(simulation(2).run().traceHash());
  }
}
