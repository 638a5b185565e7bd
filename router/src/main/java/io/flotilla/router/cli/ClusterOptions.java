package io.flotilla.router.cli;

import io.flotilla.router.client.ClientConfig;
import io.flotilla.router.client.FlotillaClient;
import java.time.Duration;
import java.util.List;
import java.util.function.ToIntFunction;
import picocli.CommandLine.Option;

/** Which cluster to talk to: a mixin of every command that talks to one. */
public final class ClusterOptions {
  @Option(
      names = {"-e", "--endpoints"},
      paramLabel = "HOST:PORT",
      split = ",",
      defaultValue = "${env:FLOTILLA_ENDPOINTS:-127.0.0.1:7400}",
      description =
          "Placement members, separated by commas; one is enough. Default: $FLOTILLA_ENDPOINTS,"
              + " else 127.0.0.1:7400.")
  private List<String> endpoints;

  @Option(
      names = "--cluster",
      paramLabel = "ID",
      defaultValue = "${env:FLOTILLA_CLUSTER:-}",
      description =
          "Refuse to talk to any cluster but this. Default: $FLOTILLA_CLUSTER, else whichever"
              + " answers.")
  private String cluster;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "10s",
      description = "Longest wait for an answer, tries again included. Default: ${DEFAULT-VALUE}.")
  private Duration timeout;

  public ClientConfig config() {
    return ClientConfig.of(endpoints, cluster).withCallTimeout(timeout).withThreads(1);
  }

  /** Runs something with a client that knows the map, and closes it. */
  public int run(ToIntFunction<FlotillaClient> command) {
    try (FlotillaClient client = FlotillaClient.connect(config())) {
      return command.applyAsInt(client);
    }
  }
}
