package io.flotilla.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What all commands have in common, whichever room they come from. */
class MainTest {
  static List<String> commands() {
    List<String> all = new ArrayList<>();
    collect(Main.commandLine(), all);
    return all;
  }

  private static void collect(CommandLine line, List<String> all) {
    all.add(line.getCommandSpec().qualifiedName());
    line.getSubcommands().values().forEach(each -> collect(each, all));
  }

  private static String said(String command, String option) {
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    words.remove(0);
    words.add(option);
    StringWriter out = new StringWriter();
    CommandLine line = Main.commandLine().setOut(new PrintWriter(out));
    assertThat(line.execute(words.toArray(String[]::new))).isZero();
    return out.toString();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void eachExplainsItself(String command) {
    assertThat(said(command, "--help")).startsWith("Usage: " + command + " ");
    assertThat(said(command, "--version")).startsWith("flotilla ");
  }
}
