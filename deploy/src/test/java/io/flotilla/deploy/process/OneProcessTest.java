package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clusters in one process clean up behind them, however they end. */
class OneProcessTest {
  private static final Path LAUNCHER = Path.of("flotilla").toAbsolutePath();

  @TempDir private Path directory;
  private final List<Process> started = new ArrayList<>();

  private Process launch(String... command) throws IOException {
    Path temporary = Files.createDirectories(directory.resolve("tmp"));
    List<String> words = new ArrayList<>(List.of(LAUNCHER.toString()));
    words.addAll(List.of(command));
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("said").toFile());
    builder.environment().put("FLOTILLA_NO_BUILD", "1");
    builder.environment().put("FLOTILLA_JAVA_OPTS", "-Djava.io.tmpdir=" + temporary);
    Process process = builder.start();
    started.add(process);
    return process;
  }

  private String said() throws IOException {
    return Files.readString(directory.resolve("said"));
  }

  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("tmp"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("flotilla-"))
          .toList();
    }
  }

  @AfterEach
  void end() {
    started.forEach(Process::destroyForcibly);
  }

  @ParameterizedTest
  @CsvSource({
    "demo, 2. The JDK's own class library goes in",
    "demo, 1. A cluster",
    "dev --redis-port 0, Ctrl-C stops it."
  })
  void whoIsAskedToEndLeavesNothing(String command, String line) throws Exception {
    Process process = launch(command.split(" "));
    await().atMost(Duration.ofSeconds(60)).until(() -> said().contains(line) && !left().isEmpty());
    process.destroy(); // SIGTERM
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(said()).isTrue();
    assertThat(left()).isEmpty();
    assertThat(said()).doesNotContain("Exception");
  }

  @Test
  void whoCannotStartLeavesNothing() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      Process process = launch("dev", "--redis-port", "" + taken.getLocalPort());
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(said()).isTrue();
      assertThat(process.exitValue()).isEqualTo(1);
      assertThat(said()).contains("redis.port").contains("cannot listen");
      assertThat(left()).isEmpty();
    }
  }
}
