package io.flotilla.router.cli;

import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "job",
    description = "What placement is carrying out.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = JobCommand.ListCommand.class)
final class JobCommand {
  static void print(OutputOptions output, List<ClusterStatus.Job> jobs) {
    if (output.json()) {
      output.print(jobs);
      return;
    }
    Table table = new Table("JOB", "SHARD", "REPLICA", "BECOMES", "ON NODE");
    jobs.forEach(job -> table.row(job.id(), job.shard(), job.from(), job.to(), job.toNode()));
    output.print(table);
  }

  @Command(
      name = "list",
      description = "Lists the jobs that are not done yet.",
      mixinStandardHelpOptions = true)
  static final class ListCommand implements Callable<Integer> {
    @Mixin private ClusterOptions cluster;
    @Mixin private OutputOptions output;

    @Override
    public Integer call() {
      return cluster.runAdmin(
          client -> {
            print(output, FlotillaClient.await(client.admin().jobs()));
            return ExitCodes.OK;
          });
    }
  }
}
