package io.flotilla.router.cli;

import io.flotilla.router.client.Explanation;
import io.flotilla.router.client.FlotillaClient;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "balance",
    description = {
      "Whether placement evens out replicas, leaders, zones and sizes by itself.",
      "It replaces lost replicas, drains nodes and adds shards that were asked for in any case.",
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      BalanceCommand.OnCommand.class,
      BalanceCommand.OffCommand.class,
      BalanceCommand.ShowCommand.class
    })
final class BalanceCommand {
  private static int set(ClusterOptions cluster, OutputOptions output, boolean on) {
    return cluster.runAdmin(
        client ->
            AdminOutput.print(
                output,
                FlotillaClient.await(client.admin().setBalance(on)),
                false,
                on ? "balancing is on" : "balancing is off; jobs under way go on"));
  }

  @Command(name = "on", description = "Lets it.", mixinStandardHelpOptions = true)
  static final class OnCommand implements Callable<Integer> {
    @Mixin private ClusterOptions cluster;
    @Mixin private OutputOptions output;

    @Override
    public Integer call() {
      return set(cluster, output, true);
    }
  }

  @Command(
      name = "off",
      description = "Forbids it. Jobs under way go on; cancel those that are not wanted.",
      mixinStandardHelpOptions = true)
  static final class OffCommand implements Callable<Integer> {
    @Mixin private ClusterOptions cluster;
    @Mixin private OutputOptions output;

    @Override
    public Integer call() {
      return set(cluster, output, false);
    }
  }

  @Command(
      name = "show",
      description = "Says whether it is on, and all that placement would begin now.",
      mixinStandardHelpOptions = true)
  static final class ShowCommand implements Callable<Integer> {
    @Mixin private ClusterOptions cluster;
    @Mixin private OutputOptions output;

    /** What JSON shows. */
    private record View(
        boolean balance, List<Explanation.Finding> findings, List<JobView> planned) {}

    @Override
    public Integer call() {
      return cluster.runAdmin(
          client -> {
            Explanation plan = FlotillaClient.await(client.admin().explainPlan());
            if (output.json()) {
              output.print(
                  new View(
                      plan.balance(),
                      plan.findings(),
                      plan.planned().stream().map(JobView::of).toList()));
              return ExitCodes.OK;
            }
            output.out().println("balancing is " + (plan.balance() ? "on" : "off"));
            plan.findings().forEach(finding -> output.out().println("  " + finding.text()));
            if (!plan.planned().isEmpty()) {
              AdminOutput.printPlan(output, plan.planned());
            }
            return ExitCodes.OK;
          });
    }
  }
}
