package io.flotilla.raft.mutants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A few mutants with every build, so that the suites stay as sharp as they were. */
class MutantSampleTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path PATCHES = Path.of("src", "test", "mutants");

  @ParameterizedTest
  @ValueSource(strings = {"M1", "M12", "M18", "M22", "M57"})
  void isKilled(String id) {
    Mutant mutant =
        Mutant.all(PATCHES).stream().filter(m -> m.id().equals(id)).findFirst().orElseThrow();
    Mutant.Verdict verdict =
        mutant.fight(
            ROOT,
            Path.of("target", "mutants"),
            System.getProperty("java.class.path"),
            Duration.ofSeconds(30));
    assertThat(verdict.fate()).as(verdict.toString()).isEqualTo(Mutant.Fate.KILLED);
  }

  @Test
  void everyFileIsWhole() {
    List<Mutant> all = Mutant.all(PATCHES);
    assertThat(all).extracting(Mutant::id).doesNotHaveDuplicates();
    assertThat(all)
        .allSatisfy(m -> assertThat(m.file().getFileName().toString()).startsWith(m.id() + "-"));
  }

  @Test
  void everyPatchStillApplies() {
    for (Mutant mutant : Mutant.all(PATCHES)) {
      Patch patch = Patch.parse(lines(mutant.file()));
      assertThatCode(() -> patch.applyTo(path -> lines(ROOT.resolve(path))))
          .as(mutant.id())
          .doesNotThrowAnyException();
    }
  }

  /** Who adds one sees it killed: {@code raft-group/mutants ID} writes its row. */
  @Test
  void theTableHoldsEachOfThemKilled() throws IOException {
    MutantTable table = MutantTable.read(PATCHES.resolve("README.md"));
    assertThat(table.errors(Mutant.all(PATCHES))).isEmpty();
  }

  @Test
  void everyKnownBugHasAPatchOrAWordWhyNot() throws IOException {
    Set<String> ids = Mutant.all(PATCHES).stream().map(Mutant::id).collect(Collectors.toSet());
    String said = MutantTable.read(PATCHES.resolve("README.md")).above();
    assertThat(KnownBugs.read(said).errors(ids)).isEmpty();
  }

  @Test
  void theirNumberIsTold() throws IOException {
    assertThat(Files.readString(ROOT.resolve("README.md")))
        .contains("| " + Mutant.all(PATCHES).size() + " seeded bugs,");
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
