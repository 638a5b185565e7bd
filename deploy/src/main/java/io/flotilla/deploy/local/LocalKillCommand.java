package io.flotilla.deploy.local;

import io.flotilla.router.cli.ExitCodes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Ends processes as a crash would. */
@Command(name = "kill", description = "Ends processes as a crash would (SIGKILL).")
final class LocalKillCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private DirectoryOption directory;

  @Parameters(paramLabel = "NAME", description = "A process, a role for all of it, or 'all'.")
  private String name = "";

  @Override
  public Integer call() throws Exception {
    return LocalCommand.run(
        spec,
        out -> {
          for (LocalProcess process : directory.cluster().named(name)) {
            ProcessHandle handle = process.handle().orElse(null);
            if (handle == null) {
              out.println(process.name() + " does not run");
            } else {
              process.kill(handle);
              out.println(process.name() + " killed (pid " + handle.pid() + ")");
            }
          }
          return ExitCodes.OK;
        });
  }
}
