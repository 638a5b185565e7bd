package io.flotilla.deploy.local;

import java.time.Duration;
import picocli.CommandLine.Option;

/** How long a command waits for a cluster. */
final class WaitOption {
  @Option(
      names = "--wait-seconds",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "How long to wait (default ${DEFAULT-VALUE}).")
  private int seconds;

  Duration patience() {
    return Duration.ofSeconds(seconds);
  }
}
