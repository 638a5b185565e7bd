package io.flotilla.deploy.whole;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.sim.Campaign;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.Floors;
import io.flotilla.raft.sim.Seeds;
import io.flotilla.raft.sim.SimRun;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole clusters that lose the majority of some shards for good and are recovered. {@code
 * -Dsim.seed=N} runs one seed, {@code -Dsim.seeds=N} so many.
 */
class RecoverySimulationTest {
  @Test
  void whatHasLostItsMajorityGoesOnOnceAndFromWhatIsLeft() throws Exception {
    Campaign.Sum sum = new Seeds(RecoverySimulation.KIND).run(10);
    System.out.println("recovery: " + sum + ", " + sum.faults());
    new Floors(sum)
        .answered(100)
        .had(2, FaultKind.DEATH)
        .had(1, FaultKind.RECOVERY)
        .had(0.3, FaultKind.UNDER_WAY)
        .had(0.2, FaultKind.COMEBACK)
        .had(50, FaultKind.OWNER)
        .had(50, FaultKind.DIGEST);
  }

  /**
   * Shards whose next members, not agreed on yet, have lost their majority; one whose split was
   * told to users alone; one whose split is in the log that is left, but not applied; one that is
   * frozen; one of which a replica has left without the map's knowledge.
   */
  @ParameterizedTest
  @ValueSource(
      longs = {
        8_000_021, 9_100_007, 9_100_046, 9_100_268, 9_100_080, 9_200_139, 9_200_219, 9_300_089,
        9_300_131
      })
  void whatWasRedOnceIsNotAgain(long seed) {
    assertThat(RecoverySimulation.of(seed).run().answered()).isPositive();
  }

  @Test
  void sameSeedSameTrace() {
    for (long seed = 3; seed <= 4; seed++) {
      SimRun one = RecoverySimulation.of(seed);
      assertThat(one.readable().run()).isEqualTo(one.run());
    }
  }
}
