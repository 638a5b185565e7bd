package io.flotilla.router.cli;

import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "node",
    description = "Storage nodes.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = NodeCommand.ListCommand.class)
final class NodeCommand {
  static Table table(List<ClusterStatus.Node> nodes) {
    Table table =
        new Table("NODE", "ADDRESS", "STATE", "REPLICAS", "LEADERS", "LAST SEEN", "LABELS");
    for (ClusterStatus.Node node : nodes) {
      table.row(
          node.id(),
          node.address(),
          node.alive() ? "alive" : "silent",
          node.replicas(),
          node.leaders(),
          "%.1f s".formatted(node.silentMillis() / 1000.0),
          labels(node));
    }
    return table;
  }

  private static String labels(ClusterStatus.Node node) {
    return new TreeMap<>(node.labels())
        .entrySet().stream()
            .map(label -> label.getKey() + "=" + label.getValue())
            .collect(Collectors.joining(" "));
  }

  @Command(
      name = "list",
      description = "Lists all nodes that have ever registered.",
      mixinStandardHelpOptions = true)
  static final class ListCommand implements Callable<Integer> {
    @Mixin private ClusterOptions cluster;
    @Mixin private OutputOptions output;

    @Override
    public Integer call() {
      return cluster.runAdmin(
          client -> {
            List<ClusterStatus.Node> nodes = FlotillaClient.await(client.admin().nodes());
            if (output.json()) {
              output.print(nodes);
            } else {
              output.print(table(nodes));
            }
            return ExitCodes.OK;
          });
    }
  }
}
