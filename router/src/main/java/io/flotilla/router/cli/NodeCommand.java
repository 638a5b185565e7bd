package io.flotilla.router.cli;

import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.NodeMetric;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

@Command(
    name = "node",
    description = "Storage nodes.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      NodeCommand.ListCommand.class,
      NodeVerbs.ShowCommand.class,
      NodeVerbs.WhyCommand.class,
      NodeVerbs.DrainCommand.class,
      NodeVerbs.UndrainCommand.class,
      NodeVerbs.RemoveCommand.class,
      NodeCommand.MetricsCommand.class
    })
final class NodeCommand {
  private static String state(ClusterStatus.Node node) {
    if (node.alive()) {
      return "alive";
    }
    return node.heardBy() == 0
        ? "silent"
        : "unreachable from placement, heard by " + node.heardBy() + " others";
  }

  static Table table(List<ClusterStatus.Node> nodes) {
    Table table =
        new Table("NODE", "ADDRESS", "STATE", "REPLICAS", "LEADERS", "LAST SEEN", "LABELS");
    for (ClusterStatus.Node node : nodes) {
      table.row(
          node.id(),
          node.address(),
          state(node) + (node.draining() ? ", draining" : ""),
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
      description = "Lists all nodes that have registered and were not removed.")
  static final class ListCommand extends AdminVerb {
    @Override
    int run(FlotillaClient client) {
      List<ClusterStatus.Node> nodes = FlotillaClient.await(client.admin().nodes());
      if (output.json()) {
        output.print(nodes);
      } else {
        output.print(table(nodes));
      }
      return ExitCodes.OK;
    }
  }

  @Command(
      name = "metrics",
      description = "Asks a node what it counts and times. Times are in microseconds.")
  static final class MetricsCommand extends NodeVerb {
    @Override
    int run(FlotillaClient client) {
      List<NodeMetric> metrics = FlotillaClient.await(client.admin().metrics(node));
      if (output.json()) {
        output.print(metrics.stream().map(MetricsCommand::view).toList());
      } else {
        output.print(table(metrics));
      }
      return ExitCodes.OK;
    }

    private static Map<String, Object> view(NodeMetric metric) {
      Map<String, Object> view = new LinkedHashMap<>();
      view.put("name", metric.name());
      view.put("value", metric.value());
      metric.distribution().ifPresent(distribution -> view.put("distribution", distribution));
      return view;
    }

    private static Table table(List<NodeMetric> metrics) {
      Table table = new Table("METRIC", "VALUE", "MEAN", "P50", "P99", "MAX");
      for (NodeMetric metric : metrics) {
        List<Double> shape =
            metric
                .distribution()
                .map(d -> List.of(d.mean(), d.median(), d.p99(), d.max()))
                .orElse(List.of());
        table.row(
            metric.name(),
            "%.0f".formatted(metric.value()),
            cell(shape, 0),
            cell(shape, 1),
            cell(shape, 2),
            cell(shape, 3));
      }
      return table;
    }

    private static String cell(List<Double> shape, int index) {
      return shape.isEmpty() ? "" : "%.1f".formatted(shape.get(index));
    }
  }
}
