package io.flotilla.deploy.local;

import io.flotilla.router.cli.ExitCodes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says which processes run, and whether the cluster serves. */
@Command(
    name = "status",
    description =
        "Says which processes run, and whether the cluster serves. Exit code 3 if not all is well.")
final class LocalStatusCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private DirectoryOption directory;

  @Override
  public Integer call() throws Exception {
    return LocalCommand.run(
        spec,
        out -> {
          LocalCluster cluster = directory.cluster();
          boolean all = true;
          for (LocalProcess process : cluster.processes()) {
            String pid = process.handle().map(h -> "pid " + h.pid()).orElse("not running");
            boolean serves = process.serves();
            all &= serves;
            out.printf(
                "  %-12s %-22s %-14s %s%n",
                process.name(), process.ready(), pid, serves ? "serving" : "");
          }
          try (LocalHealth health = new LocalHealth(cluster)) {
            String problem = health.problem();
            out.println(problem.isEmpty() ? "every shard has a leader" : problem);
            return all && problem.isEmpty() ? ExitCodes.OK : ExitCodes.DEGRADED;
          }
        });
  }
}
