package io.flotilla.raft.tables;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The table of the paper's rules in this room's README has them all, and what it says is so. */
class PaperTableTest {
  private static final List<String> FIGURE_2 =
      List.of(
          "State: currentTerm",
          "State: votedFor",
          "State: log[]",
          "State: commitIndex",
          "State: lastApplied",
          "State: nextIndex[]",
          "State: matchIndex[]",
          "AppendEntries 1",
          "AppendEntries 2",
          "AppendEntries 3",
          "AppendEntries 4",
          "AppendEntries 5",
          "RequestVote 1",
          "RequestVote 2",
          "All Servers 1",
          "All Servers 2",
          "Followers 1",
          "Followers 2",
          "Candidates 1",
          "Candidates 2",
          "Candidates 3",
          "Candidates 4",
          "Leaders 1",
          "Leaders 2",
          "Leaders 3",
          "Leaders 4");

  private static final List<String> FIGURE_3 =
      List.of(
          "Election Safety",
          "Leader Append-Only",
          "Log Matching",
          "Leader Completeness",
          "State Machine Safety");

  private static final List<String> FIGURE_13 =
      List.of(
          "InstallSnapshot 1",
          "InstallSnapshot 2",
          "InstallSnapshot 3",
          "InstallSnapshot 4",
          "InstallSnapshot 5",
          "InstallSnapshot 6",
          "InstallSnapshot 7",
          "InstallSnapshot 8");

  /** Sections that say what a server has to do; others tell why, or how it was found. */
  private static final List<String> SECTIONS =
      List.of(
          "§3.3", "§3.4", "§3.5", "§3.6.1", "§3.6.2", "§3.6.3", "§3.7", "§3.8", "§3.9", "§3.10",
          "§4.1", "§4.2.1", "§4.2.2", "§4.2.3", "§4.2.4", "§4.3", "§4.4", "§5.1", "§5.1.1",
          "§5.1.2", "§5.1.3", "§5.2", "§5.3", "§5.4", "§6.1", "§6.2", "§6.3", "§6.4", "§6.4.1",
          "§9.6", "§10.2.1");

  private final TestSources sources = new TestSources(Path.of(".."));
  private final ShownByTable table = ShownByTable.in(Path.of("README.md"), "The paper");

  @Test
  void everyRuleOfTheFiguresHasOneRowAndEverySectionAtLeastOne() {
    List<String> about = table.rows().stream().map(ShownByTable.Row::about).toList();
    assertThat(about.stream().filter(rule -> !rule.startsWith("§")))
        .containsOnlyOnceElementsOf(FIGURE_2)
        .containsOnlyOnceElementsOf(FIGURE_3)
        .containsOnlyOnceElementsOf(FIGURE_13)
        .hasSize(FIGURE_2.size() + FIGURE_3.size() + FIGURE_13.size());
    assertThat(new TreeSet<>(about.stream().filter(rule -> rule.startsWith("§")).toList()))
        .containsExactlyInAnyOrderElementsOf(SECTIONS);
  }

  @Test
  void whatIsNamedIsThere() {
    assertThat(table.complaints(sources)).isEmpty();
  }

  @Test
  void everyTestOfARuleIsInTheTable() {
    Set<String> named = new TreeSet<>();
    table.rows().forEach(row -> named.addAll(row.shownBy()));
    List<String> ours =
        sources.types().filter(type -> type.matches("raft-group/Paper(?!Table)\\w*Test")).toList();
    assertThat(ours).hasSizeGreaterThanOrEqualTo(4);
    for (String type : ours) {
      assertThat(sources.testsOf(type)).as(type).isNotEmpty();
      for (String test : sources.testsOf(type)) {
        assertThat(named).contains(type.substring(type.indexOf('/') + 1) + "." + test);
      }
    }
  }
}
