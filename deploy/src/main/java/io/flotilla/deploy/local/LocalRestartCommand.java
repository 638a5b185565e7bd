package io.flotilla.deploy.local;

import io.flotilla.router.cli.ExitCodes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Stops what runs of the named processes, politely, and starts them. */
@Command(
    name = "restart",
    description = "Stops the named processes, if they run, and starts them again.")
final class LocalRestartCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Spec private CommandSpec spec;

  @Mixin private DirectoryOption directory;

  @Parameters(paramLabel = "NAME", description = "A process, a role for all of it, or 'all'.")
  private String name = "";

  @Override
  public Integer call() throws Exception {
    return LocalCommand.run(
        spec,
        out -> {
          List<LocalProcess> processes = directory.cluster().named(name);
          LocalDownCommand.stop(processes);
          LocalStart.startAll(processes);
          LocalStart.awaitListening(processes, System.nanoTime() + PATIENCE.toNanos());
          processes.forEach(p -> out.println(p.name() + " serves at " + p.ready()));
          return ExitCodes.OK;
        });
  }
}
