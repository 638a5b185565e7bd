package io.flotilla.deploy.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.router.cli.ExitCodes;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What a person is told of options that are not, or cannot be, heeded. */
class LocalUpCommandTest {
  @TempDir private Path directory;
  private final StringWriter err = new StringWriter();

  private int up(Path home, String... options) {
    List<String> arguments = new ArrayList<>(List.of("up", "--dir", home.toString()));
    arguments.addAll(List.of(options));
    return new CommandLine(new LocalCommand())
        .setErr(new PrintWriter(err, true))
        .execute(arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource({
    "--nodes, 99, 1 to 20",
    "--nodes, 0, 1 to 20",
    "--placement, 10, 1 to 9",
    "--gateways, 21, 0 to 20",
    "--shards, 0, 1 to 16384",
    "--base-port, 80, 1024 to 65000"
  })
  void aValueThatCannotBeIsWrongUsageAndLeavesNothingBehind(
      String option, String value, String allowed) {
    Path home = directory.resolve("harbour");
    assertThat(up(home, option, value)).isEqualTo(ExitCodes.USAGE);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            "flotilla: " + option + " is " + value + "; allowed: " + allowed);
    assertThat(home).doesNotExist();
  }

  /** Nothing can be started here, but that is found out later. */
  @Test
  void whatAClusterThatIsThereCannotBeGivenIsSaid() throws Exception {
    List<String> nothing = List.of(directory.resolve("no-program").toString());
    String pidfile = directory.resolve("placement-1.pid").toString();
    LocalProcess process =
        new LocalProcess("placement-1", "placement", pidfile, nothing, "127.0.0.1:1", Map.of());
    new LocalCluster(directory, List.of(process)).save();
    assertThat(up(directory)).isEqualTo(ExitCodes.FAILED);
    assertThat(err.toString()).doesNotContain("ignored").contains("cannot be started");
    assertThat(up(directory, "--shards", "16", "--nodes", "9")).isEqualTo(ExitCodes.FAILED);
    assertThat(err.toString())
        .contains(
            "flotilla: ignored: --nodes, --shards, for "
                + directory
                + " holds a cluster already; 'local add' adds to it");
  }
}
