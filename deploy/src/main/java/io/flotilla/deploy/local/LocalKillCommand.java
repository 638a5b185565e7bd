package io.flotilla.deploy.local;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Ends processes as a crash would. */
@Command(name = "kill", description = "Ends processes as a crash would (SIGKILL).")
final class LocalKillCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--dir",
      required = true,
      paramLabel = "D",
      description = "Directory of the cluster.")
  private Path directory = Path.of(".");

  @Parameters(paramLabel = "NAME", description = "A process, a role for all of it, or 'all'.")
  private String name = "";

  @Override
  public Integer call() throws Exception {
    return LocalCommand.run(
        spec,
        out -> {
          for (LocalProcess process :
              LocalCluster.open(directory.toAbsolutePath().normalize()).named(name)) {
            ProcessHandle handle = process.handle().orElse(null);
            if (handle == null) {
              out.println(process.name() + " does not run");
            } else {
              process.kill(handle);
              out.println(process.name() + " killed (pid " + handle.pid() + ")");
            }
          }
          return 0;
        });
  }
}
