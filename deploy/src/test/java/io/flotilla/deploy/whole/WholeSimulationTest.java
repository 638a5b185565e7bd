package io.flotilla.deploy.whole;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.sim.Campaign;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.Floors;
import io.flotilla.raft.sim.Seeds;
import io.flotilla.raft.sim.SimRun;
import io.flotilla.raft.sim.Simulation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole clusters in which nodes crash, die, drain and come, and shards are cut, moved and handed
 * over meanwhile. {@code -Dsim.seed=N} runs one seed, {@code -Dsim.seeds=N} so many.
 */
class WholeSimulationTest {
  @Test
  void noKeyIsLostOrServedTwiceWhateverIsDoneToTheCluster() throws Exception {
    Campaign.Sum sum = new Seeds(WholeSimulation.KIND).run(20);
    System.out.println("whole: " + sum + ", " + sum.faults());
    new Floors(sum)
        .answered(100)
        .had(5, FaultKind.CRASH)
        .had(1, FaultKind.PARTITION)
        .had(1, FaultKind.CLOCK_SET)
        .had(4, FaultKind.WISH)
        .had(1, FaultKind.SPLIT)
        .had(0.1, FaultKind.MERGE)
        .had(3, FaultKind.MOVE)
        .had(2, FaultKind.TRANSFER)
        .had(0.2, FaultKind.DRAIN)
        .had(0.05, FaultKind.REMOVAL)
        .had(0.1, FaultKind.DEATH)
        .had(150, FaultKind.OWNER)
        .had(200, FaultKind.DIGEST)
        .had(50, FaultKind.SESSION_READ)
        .had(20, FaultKind.SCAN)
        .had(8, FaultKind.BUNDLE);
  }

  /**
   * What snapshots and late orders leave behind, questions that were lost, or asked of nobody who
   * leads, a place taken twice.
   */
  @ParameterizedTest
  @ValueSource(longs = {23, 190, 238, 7_000_291, 7_001_155})
  void whatWasRedOnceIsNotAgain(long seed) {
    assertThat(WholeSimulation.of(seed).run().answered()).isPositive();
  }

  @Test
  void sameSeedSameTrace() {
    for (long seed = 1; seed <= 3; seed++) {
      SimRun one = WholeSimulation.of(seed);
      Simulation.Outcome first = one.run();
      assertThat(one.readable().run()).isEqualTo(first);
    }
  }

  @Test
  void sameScriptSameTrace() {
    assertThat(traceOfAScript()).isEqualTo(traceOfAScript());
  }

  private static long traceOfAScript() {
    try (ShardLab lab = new ShardLab("again", 2, 2, ShardLab.UNRELIABLE, 50, ShardLab.LOG_BYTES)) {
      lab.clerks().keepBusy(ShardLab.SHARDS);
      lab.beginJoin(1);
      lab.sleep(ShardLab.SECOND);
      lab.shutDown(0);
      lab.start(0);
      lab.settle();
      lab.check();
      return lab.whole().world().trace().hash();
    }
  }
}
