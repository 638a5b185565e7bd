package io.flotilla.deploy.local;

import io.flotilla.router.cli.ExitCodes;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Takes out what the cluster has removed, so that nobody starts it again. */
@Command(
    name = "forget",
    description = {
      "Stops a process that the cluster has removed (node remove, placement remove), and starts it"
          + " no more.",
      "Its data and its log stay where they are."
    })
final class LocalForgetCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private DirectoryOption directory;

  @Parameters(paramLabel = "NAME", description = "A process.")
  private String name = "";

  @Override
  public Integer call() throws Exception {
    return LocalCommand.run(
        spec,
        out -> {
          LocalCluster cluster = directory.cluster();
          LocalProcess process = cluster.process(name);
          LocalCluster rest = cluster.without(process);
          LocalDownCommand.stop(List.of(process));
          rest.save();
          out.println(process.name() + " is forgotten");
          return ExitCodes.OK;
        });
  }
}
