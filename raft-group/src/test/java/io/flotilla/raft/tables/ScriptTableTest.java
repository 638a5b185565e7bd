package io.flotilla.raft.tables;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The table of scripts in this room's README has a row for each, with the story that the file
 * itself begins with. {@code -Drewrite} makes it anew.
 */
class ScriptTableTest {
  private static final Path SCRIPTS = Path.of("src/test/resources/raft/scripts");
  private static final Path README = Path.of("README.md");
  private static final int STORY_CHARACTERS_MAX = 280;

  @Test
  void eachScriptAndItsStoryIsInTheTable() throws IOException {
    Chapter chapter = Chapter.of(README, "Script files");
    List<String> table = new ArrayList<>(List.of("| script | story |", "| --- | --- |"));
    for (Path script : scripts()) {
      table.add("| `" + script.getFileName() + "` | " + story(script) + " |");
    }
    if (System.getProperty("rewrite") != null) {
      chapter.rewrite(table);
    } else {
      assertThat(chapter.table()).as("-Drewrite makes it anew").isEqualTo(table);
    }
  }

  @Test
  void eachScriptBeginsWithAShortStory() throws IOException {
    for (Path script : scripts()) {
      assertThat(story(script))
          .as(script.toString())
          .isNotBlank()
          .doesNotContain("|")
          .hasSizeLessThanOrEqualTo(STORY_CHARACTERS_MAX);
    }
  }

  private static List<Path> scripts() throws IOException {
    try (Stream<Path> files = Files.list(SCRIPTS)) {
      return files.sorted().toList();
    }
  }

  /** The comment at the top. */
  private static String story(Path script) throws IOException {
    return Files.readAllLines(script).stream()
        .takeWhile(line -> line.startsWith("#"))
        .map(line -> line.substring(1).strip())
        .collect(Collectors.joining(" "));
  }
}
