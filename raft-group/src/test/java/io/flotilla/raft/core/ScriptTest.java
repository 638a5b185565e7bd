package io.flotilla.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Protocol stories. A file is a list of blocks: comments, commands, {@code ----}, and what
 * happened, up to an empty line. {@code -Drewrite} writes down what happens now; read the
 * difference before it is committed.
 */
class ScriptTest {
  private static final Path SCRIPTS = Path.of("src/test/resources/raft/scripts");
  private static final Pattern BLOCK_END = Pattern.compile("\n\n+");
  private static final String RULE = "----";

  @TestFactory
  List<DynamicTest> stories() throws IOException {
    try (Stream<Path> files = Files.list(SCRIPTS)) {
      return files
          .sorted()
          .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)))
          .toList();
    }
  }

  private static void check(Path file) throws IOException {
    String expected = Files.readString(file);
    String actual = play(expected);
    if (System.getProperty("rewrite") != null) {
      Files.writeString(file, actual);
    } else {
      assertThat(actual).isEqualTo(expected);
    }
  }

  private static String play(String text) {
    Script script = new Script();
    List<String> blocks = new ArrayList<>();
    for (String block : BLOCK_END.splitAsStream(text.strip()).toList()) {
      int rule = (block + "\n").indexOf("\n" + RULE + "\n");
      String told = rule < 0 ? block : block.substring(0, rule);
      List<String> commands = told.lines().filter(line -> !line.startsWith("#")).toList();
      blocks.add(
          commands.isEmpty()
              ? told
              : told + "\n" + RULE + "\n" + script.run(String.join("\n", commands)));
    }
    return String.join("\n\n", blocks) + "\n";
  }
}
