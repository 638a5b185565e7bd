package io.flotilla.shard.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Merges in whatever order the seed says. {@code -Dsim.seed=N} runs one seed, {@code -Dsim.seeds=N}
 * so many.
 */
class MergeSimulationTest {
  private static final int SEEDS = 6;
  private static final int STEPS = 700;

  @TempDir Path directory;

  @Test
  void nothingIsLostOrDoneTwiceWhateverIsMerged() throws Exception {
    Long one = Long.getLong("sim.seed");
    long first = one == null ? 1 : one;
    long last = one == null ? Integer.getInteger("sim.seeds", SEEDS) : one;
    int merges = 0;
    int takenBack = 0;
    int crashes = 0;
    int images = 0;
    for (long seed = first; seed <= last; seed++) {
      try (MergeSimulation simulation =
          new MergeSimulation(seed, directory.resolve("seed" + seed))) {
        simulation.run(STEPS);
        merges += simulation.merges;
        takenBack += simulation.takenBack;
        crashes += simulation.crashes;
        images += simulation.images;
      } catch (Exception | AssertionError found) {
        throw new AssertionError(
            "seed %d: %s%nreplay: %s".formatted(seed, found.getMessage(), replay(seed)), found);
      }
    }
    System.out.printf(
        "merges: %d, taken back: %d, crashes: %d, images: %d%n",
        merges, takenBack, crashes, images);
    if (one == null) {
      assertThat(merges).as("merges").isGreaterThan(4 * SEEDS);
      assertThat(takenBack).as("taken back").isGreaterThan(SEEDS);
      assertThat(crashes).as("crashes").isGreaterThan(5 * SEEDS);
      assertThat(images).as("images").isGreaterThan(SEEDS);
    }
  }

  /** What a person types to have it again. */
  private static String replay(long seed) {
    return "mvn -Dquick -pl shard-node -am test -Dtest=MergeSimulationTest"
        + " -Dsurefire.failIfNoSpecifiedTests=false -Dsim.seed="
        + seed;
  }
}
