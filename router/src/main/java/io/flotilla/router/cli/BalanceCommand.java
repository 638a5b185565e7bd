package io.flotilla.router.cli;

import io.flotilla.router.client.Explanation;
import io.flotilla.router.client.FlotillaClient;
import java.util.List;
import picocli.CommandLine.Command;

@Command(
    name = "balance",
    description = {
      "Whether placement evens out replicas, leaders, zones, racks and sizes by itself.",
      "It replaces lost replicas, drains nodes and adds shards that were asked for in any case.",
    },
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      BalanceCommand.OnCommand.class,
      BalanceCommand.OffCommand.class,
      BalanceCommand.ShowCommand.class
    })
final class BalanceCommand {
  /** Says whether it may. */
  private abstract static class SetVerb extends AdminVerb {
    final int set(FlotillaClient client, boolean on, String done) {
      return AdminOutput.print(
          output, FlotillaClient.await(client.admin().setBalance(on)), false, done);
    }
  }

  @Command(name = "on", description = "Lets it.")
  static final class OnCommand extends SetVerb {
    @Override
    int run(FlotillaClient client) {
      return set(client, true, "balancing is on");
    }
  }

  @Command(
      name = "off",
      description = "Forbids it. Jobs under way go on; cancel those that are not wanted.")
  static final class OffCommand extends SetVerb {
    @Override
    int run(FlotillaClient client) {
      return set(client, false, "balancing is off; jobs under way go on");
    }
  }

  @Command(
      name = "show",
      description = "Says whether it is on, and all that placement would begin now.")
  static final class ShowCommand extends AdminVerb {
    /** What JSON shows. */
    private record View(
        boolean balance, List<Explanation.Finding> findings, List<JobView> planned) {}

    @Override
    int run(FlotillaClient client) {
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
    }
  }
}
