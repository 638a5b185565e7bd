package io.flotilla.raft.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.mutants.Mutant.Fate;
import io.flotilla.raft.mutants.Mutant.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Only a test that ran and failed kills a mutant; whatever else goes wrong is said aloud. */
class MutantTest {
  private static final String SUITE = PatchTest.class.getName();
  private static final String HARMLESS = "final class Renamed {}";

  @TempDir Path root;

  @BeforeEach
  void writeTheSource() throws IOException {
    Files.createDirectory(root.resolve("module"));
    Files.writeString(
        root.resolve("module/Source.java"),
        "package io.flotilla.raft.mutants;\nfinal class Source {}\n");
  }

  @Test
  void aMutantThatASuitePassesSurvives() throws IOException {
    assertThat(fight(mutant("Source", HARMLESS, SUITE)).fate()).isEqualTo(Fate.SURVIVED);
  }

  @Test
  void aMutantThatATestFindsIsKilled() throws IOException {
    String blind =
        "final class Patch { static Patch parse(java.util.List<String> lines) { return new Patch();"
            + " } java.util.Map<String, java.util.List<String>>"
            + " applyTo(java.util.function.Function<String, java.util.List<String>> source) {"
            + " return java.util.Map.of(); } }";
    Verdict verdict = fight(mutant("Source", blind, SUITE));
    assertThat(verdict.fate()).as(verdict.how()).isEqualTo(Fate.KILLED);
    assertThat(verdict.how()).startsWith("FAILED ");
    // What an earlier version of a patch has left behind is no part of the next.
    assertThat(fight(mutant("Source", HARMLESS, SUITE)).fate()).isEqualTo(Fate.SURVIVED);
  }

  @Test
  void aPatchThatNoLongerAppliesOrCompilesIsBroken() throws IOException {
    assertBroken(mutant("Other", HARMLESS, SUITE), "does not apply to module/Source.java");
    assertBroken(mutant("Source", "final class {", SUITE), "does not compile");
  }

  @Test
  void aSuiteThatIsNotThereOrCannotRunKillsNothing() throws IOException {
    assertBroken(mutant("Source", HARMLESS, SUITE + "Gone"), "no test ran");
    Mutant mutant = mutant("Source", HARMLESS, SUITE);
    Verdict verdict = mutant.control(root, root.resolve("work"), "nowhere", Duration.ofMinutes(1));
    assertThat(verdict.fate()).isEqualTo(Fate.BROKEN);
    assertThat(verdict.how()).contains("no test ran, exit code 1");
  }

  private void assertBroken(Mutant mutant, String why) {
    Verdict verdict = fight(mutant);
    assertThat(verdict.fate()).as(verdict.how()).isEqualTo(Fate.BROKEN);
    assertThat(verdict.how()).contains(why);
  }

  private Mutant mutant(String from, String to, String suite) throws IOException {
    Path file = root.resolve("X1-sample.patch");
    Files.write(
        file,
        List.of(
            "Mutant: X1",
            "What: a sample",
            "Suite: module " + suite,
            "--- a/module/Source.java",
            "+++ b/module/Source.java",
            "@@ -1,2 +1,2 @@",
            " package io.flotilla.raft.mutants;",
            "-final class " + from + " {}",
            "+" + to));
    return Mutant.read(file);
  }

  private Verdict fight(Mutant mutant) {
    return mutant.fight(
        root, root.resolve("work"), System.getProperty("java.class.path"), Duration.ofMinutes(1));
  }
}
