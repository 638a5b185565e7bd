package io.flotilla.router.cli;

import io.flotilla.router.client.AdminAnswer;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What is done with one node by hand. */
final class NodeVerbs {
  private NodeVerbs() {}

  @Command(name = "show", description = "Shows one node and the replicas that it holds.")
  static final class ShowCommand extends NodeVerb {
    /** What JSON shows. */
    private record View(ClusterStatus.Node node, List<ShardView> shards) {}

    @Override
    int run(FlotillaClient client) {
      ClusterStatus status = FlotillaClient.await(client.admin().status());
      List<ClusterStatus.Node> found =
          status.nodes().stream().filter(each -> each.id() == node).toList();
      if (found.isEmpty()) {
        return notFound("node " + node);
      }
      List<ClusterStatus.Shard> held =
          status.shards().stream()
              .filter(shard -> shard.replicas().stream().anyMatch(each -> each.node() == node))
              .toList();
      if (output.json()) {
        output.print(new View(found.get(0), held.stream().map(ShardView::of).toList()));
      } else {
        output.print(NodeCommand.table(found));
        output.out().println();
        output.print(ShardCommand.table(held));
      }
      return ExitCodes.OK;
    }
  }

  @Command(
      name = "drain",
      description = {
        "Has all replicas of a node go elsewhere, and gives it nothing new.",
        "Returns at once, and says what stands in the way. job watch waits while jobs are under"
            + " way, node why says what is left.",
      })
  static final class DrainCommand extends NodeVerb {
    @Option(
        names = "--dry-run",
        description = "Prints where its replicas would go and what would travel; begins nothing.")
    private boolean dryRun;

    @Override
    int run(FlotillaClient client) {
      AdminAnswer answer = FlotillaClient.await(client.admin().drainNode(node, dryRun));
      return AdminOutput.print(output, answer, dryRun, "node " + node + " is draining");
    }
  }

  @Command(
      name = "undrain",
      description = "Takes back a drain. What has left does not return by itself but for balance.")
  static final class UndrainCommand extends NodeVerb {
    @Override
    int run(FlotillaClient client) {
      return AdminOutput.print(
          output,
          FlotillaClient.await(client.admin().undrainNode(node)),
          false,
          "node " + node + " takes replicas again");
    }
  }

  @Command(
      name = "remove",
      description = {
        "Removes an empty node for good: its id and its data directory never come back.",
        "Refused while it holds replicas: drain it first.",
      })
  static final class RemoveCommand extends NodeVerb {
    @Override
    int run(FlotillaClient client) {
      return AdminOutput.print(
          output,
          FlotillaClient.await(client.admin().removeNode(node)),
          false,
          "node " + node + " is removed; its process ends by itself");
    }
  }

  @Command(
      name = "why",
      description = "Says how a node is, what is being done about it, and why nothing is.")
  static final class WhyCommand extends NodeVerb {
    @Override
    int run(FlotillaClient client) {
      return AdminOutput.print(output, FlotillaClient.await(client.admin().explainNode(node)));
    }
  }
}
