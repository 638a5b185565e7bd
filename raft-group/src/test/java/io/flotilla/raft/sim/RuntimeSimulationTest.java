package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A hundred clusters of three or five nodes, each with the real runtime and several groups. */
class RuntimeSimulationTest {
  @Test
  void manyGroupsSurviveAnyMinorityOfFaults() throws Exception {
    Campaign.Sum sum = new Seeds(RunKind.RUNTIME).run(100);
    System.out.println("raft.runtime: " + sum + ", " + sum.faults());
    new Floors(sum)
        .answered(500)
        .had(5, FaultKind.CRASH)
        .had(3, FaultKind.PARTITION)
        .had(10, FaultKind.MEMBERSHIP)
        .had(3, FaultKind.RESTORE)
        .had(100, FaultKind.TRUNCATION)
        .had(1, FaultKind.DISK_HANG)
        .had(0.4, FaultKind.HUNG_LEADER)
        .had(0.2, FaultKind.DISK_LOSS)
        .had(5, FaultKind.CLOCK_SET);
  }

  /** Large appends that never got into an inbox, and senders of snapshots with little time. */
  @ParameterizedTest
  @ValueSource(longs = {900_527, 900_542, 900_954, 901_422, 901_740})
  void whatWasRedOnceIsNotAgain(long seed) {
    assertThat(RunKind.RUNTIME.of().apply(seed).run().events()).isPositive();
  }

  @Test
  void sameSeedSameTrace() {
    long restored = 0;
    long truncations = 0;
    for (long seed = 1; seed <= 10; seed++) {
      SimRun one = RunKind.RUNTIME.of().apply(seed);
      Simulation.Outcome first = one.run();
      restored += first.faults().of(FaultKind.RESTORE);
      truncations += first.faults().of(FaultKind.TRUNCATION);
      assertThat(one.readable().run()).isEqualTo(first);
    }
    assertThat(truncations).as("times that a log was cut").isGreaterThan(100);
    assertThat(restored).as("snapshots that became a state").isGreaterThan(20);
  }
}
