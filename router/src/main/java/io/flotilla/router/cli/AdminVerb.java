package io.flotilla.router.cli;

import io.flotilla.router.client.FlotillaClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A command that asks placement alone: the map is not waited for. */
abstract class AdminVerb implements Callable<Integer> {
  @Mixin private ClusterOptions cluster;
  @Mixin OutputOptions output;

  @Override
  public final Integer call() throws Exception {
    try (FlotillaClient client = FlotillaClient.open(cluster.config())) {
      return run(client);
    }
  }

  /**
   * Does it, and blocks until it was answered.
   *
   * @param client closed afterwards
   * @return one of {@link ExitCodes}
   * @throws Exception what {@link FlotillaCommand} makes a line and an exit code of
   */
  abstract int run(FlotillaClient client) throws Exception;

  /** Says that what was named does not exist; the exit code for that. */
  final int notFound(String what) {
    output.err().println("flotilla: not found: " + what);
    return ExitCodes.NOT_FOUND;
  }
}
