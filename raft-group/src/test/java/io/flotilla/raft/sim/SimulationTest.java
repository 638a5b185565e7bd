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
    Campaign.Sum sum = new Seeds(RunKind.CORE).run(1_000);
    System.out.println("raft.core: " + sum + ", " + sum.faults());
    new Floors(sum)
        .answered(200)
        .had(5, FaultKind.CRASH)
        .had(3, FaultKind.PARTITION)
        .had(5, FaultKind.MEMBERSHIP)
        .had(15, FaultKind.TRUNCATION)
        .had(1, FaultKind.RESTORE);
  }

  @Test
  void sameSeedSameTrace() {
    long restored = 0;
    for (long seed = 1; seed <= 20; seed++) {
      Simulation.Outcome first = run(seed).run();
      restored += first.faults().of(FaultKind.RESTORE);
      assertThat(run(seed).run()).isEqualTo(first);
      assertThat(run(seed).readable().run()).isEqualTo(first);
    }
    assertThat(restored).as("snapshots that became a state").isGreaterThan(20);
  }

  @Test
  void differentSeedsDifferentTraces() {
    assertThat(run(1).run().traceHash()).isNotEqualTo(run(2).run().traceHash());
  }

  private static SimRun run(long seed) {
    return RunKind.CORE.of().apply(seed);
  }
}
