package io.flotilla.raft.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.mutants.Mutant.Fate;
import io.flotilla.raft.mutants.Mutant.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MutantTableTest {
  private static final Mutant ONE = mutant("M1", "votes twice");
  private static final Mutant OTHER = mutant("M2", "forgets its vote");

  @TempDir private Path directory;

  private static Mutant mutant(String id, String what) {
    return new Mutant(id, what, "raft-group", "a.b.VoteTest", List.of(), Path.of(id + "-x.patch"));
  }

  private static Verdict verdict(Fate fate) {
    return new Verdict(fate, "FAILED a | b\nmore", Optional.of(7L));
  }

  private MutantTable table() throws IOException {
    Path page = directory.resolve("README.md");
    if (!Files.exists(page)) {
      Files.writeString(page, "# By hand\n\n");
    }
    return MutantTable.read(page);
  }

  private void put(List<Mutant> all, Mutant mutant, Fate fate) throws IOException {
    MutantTable table = table();
    table.put(mutant, verdict(fate));
    table.write(all);
  }

  @Test
  void oneRowIsWrittenAnewAndTheOthersStay() throws IOException {
    List<Mutant> all = List.of(ONE, OTHER);
    put(all, OTHER, Fate.SURVIVED);
    put(all, ONE, Fate.KILLED);
    put(all, OTHER, Fate.KILLED);
    assertThat(directory.resolve("README.md"))
        .hasContent(
            """
            # By hand

            | mutant | what | fate | killed by | how | seeds |
            | --- | --- | --- | --- | --- | --- |
            | M1 | votes twice | killed | VoteTest | FAILED a / b | 7 |
            | M2 | forgets its vote | killed | VoteTest | FAILED a / b | 7 |
            """);
    assertThat(table().errors(all)).isEmpty();
  }

  @Test
  void whatWasNotKilledOrIsOfAnotherBugOrIsNotThereIsAnError() throws IOException {
    put(List.of(ONE, OTHER), ONE, Fate.KILLED);
    assertThat(table().errors(List.of(ONE))).isEmpty();
    assertThat(table().errors(List.of(ONE, OTHER))).containsExactly("M2 is not killed: null");
    assertThat(table().errors(List.of(mutant("M1", "votes late")))).hasSize(1);
    assertThat(table().errors(List.of(OTHER)))
        .containsExactly("M2 is not killed: null", "M1 has a row, but no patch");
    put(List.of(ONE, OTHER), OTHER, Fate.SURVIVED);
    assertThat(table().errors(List.of(ONE, OTHER)))
        .hasSize(1)
        .allMatch(error -> error.startsWith("M2 is not killed: | M2 "));
  }

  @Test
  void whoIsGoneLeavesTheTable() throws IOException {
    put(List.of(ONE, OTHER), ONE, Fate.KILLED);
    put(List.of(OTHER), OTHER, Fate.KILLED);
    assertThat(table().errors(List.of(OTHER))).isEmpty();
  }
}
