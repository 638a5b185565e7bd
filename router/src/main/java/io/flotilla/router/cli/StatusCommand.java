package io.flotilla.router.cli;

import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Health;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;

@Command(
    name = "status",
    description = {
      "Says how the cluster is, the worst first.",
      "Exits with 0 if healthy, 3 if degraded, 4 if something cannot be served.",
    })
final class StatusCommand extends AdminVerb {
  /** What JSON shows. */
  private record Report(
      Health health,
      String cluster,
      long revision,
      List<ClusterStatus.Member> members,
      List<ClusterStatus.Node> nodes,
      List<ClusterStatus.Keyspace> keyspaces,
      List<ShardView> shards,
      boolean balance,
      Map<String, Integer> goals,
      List<JobView> jobs) {
    static Report of(ClusterStatus status) {
      return new Report(
          status.health(),
          status.cluster(),
          status.revision(),
          status.members(),
          status.nodes(),
          status.keyspaces(),
          status.shards().stream().map(ShardView::of).toList(),
          status.settings().balance(),
          status.settings().goals(),
          status.jobs().stream().map(JobView::of).toList());
    }
  }

  @Override
  int run(FlotillaClient client) {
    ClusterStatus status = FlotillaClient.await(client.admin().status());
    Health health = status.health();
    if (output.json()) {
      output.print(Report.of(status));
    } else {
      print(status, health);
    }
    return switch (health.level()) {
      case HEALTHY -> ExitCodes.OK;
      case DEGRADED -> ExitCodes.DEGRADED;
      case UNAVAILABLE -> ExitCodes.UNAVAILABLE;
    };
  }

  private void print(ClusterStatus status, Health health) {
    PrintWriter out = output.out();
    out.println(health.summary());
    health.problems().forEach(problem -> out.println("  " + problem));
    out.println();
    out.println("cluster " + status.cluster() + ", map revision " + status.revision());
    printOpen(status, out);
    out.println();
    output.print(PlacementCommand.table(status.members()));
    out.println();
    output.print(NodeCommand.table(status.nodes()));
    out.println();
    output.print(keyspaces(status));
  }

  /** What placement is asked for and has not done yet, and what it is not to do. */
  private static void printOpen(ClusterStatus status, PrintWriter out) {
    if (!status.settings().balance()) {
      out.println("balancing is off; balance on has placement even out by itself again");
    }
    int jobs = status.jobs().size();
    if (jobs > 0) {
      out.println(
          (jobs == 1 ? "1 job is" : jobs + " jobs are") + " under way; job list shows them");
    }
    new TreeMap<>(status.settings().goals())
        .forEach(
            (keyspace, goal) ->
                out.printf(
                    "keyspace %s has %d shards and is to have %d%n",
                    keyspace, shardsOf(status, keyspace).size(), goal));
  }

  private static List<ClusterStatus.Shard> shardsOf(ClusterStatus status, String keyspace) {
    return status.shards().stream().filter(shard -> shard.keyspace().equals(keyspace)).toList();
  }

  private static Table keyspaces(ClusterStatus status) {
    Table table = new Table("KEYSPACE", "PARTITIONING", "SHARDS", "LED", "REPLICAS", "ALIVE");
    for (ClusterStatus.Keyspace keyspace : status.keyspaces()) {
      List<ClusterStatus.Shard> shards = shardsOf(status, keyspace.name());
      List<ClusterStatus.Replica> replicas =
          shards.stream().flatMap(shard -> shard.replicas().stream()).toList();
      table.row(
          keyspace.name(),
          keyspace.partitioning().name().toLowerCase(java.util.Locale.ROOT),
          shards.size(),
          shards.stream().filter(shard -> shard.leaderNode().isPresent()).count(),
          replicas.size(),
          replicas.stream().filter(ClusterStatus.Replica::takesPart).count());
    }
    return table;
  }
}
