package io.flotilla.deploy.whole;

import org.junit.jupiter.api.Test;

class WholeSimulationTest {
  @Test
  void one() {
    for (long seed = Long.getLong("sim.from", 1);
        seed < Long.getLong("sim.from", 1) + Long.getLong("sim.seeds", 3);
        seed++) {
      long begin = System.nanoTime();
      WholeSimulation run = WholeSimulation.of(seed);
      System.out.println(run);
      try {
        System.out.println(run.run() + " in " + (System.nanoTime() - begin) / 1_000_000 + " ms");
      } catch (RuntimeException | AssertionError e) {
        System.out.println("RED " + seed + ": " + e);
        if (Boolean.getBoolean("sim.stop")) throw e;
      }
    }
  }
}
