package io.flotilla.deploy.local;

import io.flotilla.router.cli.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Starts a cluster of separate processes, and returns when all of it serves. */
@Command(
    name = "up",
    description = {
      "Starts a cluster of separate processes and returns when it serves.",
      "In a directory that holds one already, starts what does not run of it."
    })
final class LocalUpCommand implements Callable<Integer> {
  /** What only a new cluster can be given. */
  private static final List<String> LAYOUT =
      List.of("--nodes", "--placement", "--gateways", "--shards", "--base-port");

  @Spec private CommandSpec spec;

  @Mixin private DirectoryOption directory;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "3",
      description = "Storage nodes (default ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--placement",
      paramLabel = "N",
      defaultValue = "3",
      description = "Placement members (default ${DEFAULT-VALUE}).")
  private int placements;

  @Option(
      names = "--gateways",
      paramLabel = "N",
      defaultValue = "1",
      description = "Redis gateways (default ${DEFAULT-VALUE}).")
  private int gateways;

  @Option(
      names = "--shards",
      paramLabel = "N",
      defaultValue = "16",
      description = "Shards of each keyspace (default ${DEFAULT-VALUE}).")
  private int shards;

  @Option(
      names = "--base-port",
      paramLabel = "PORT",
      defaultValue = "0",
      description =
          "Placement listens from here on, nodes from +10, gateways from +30 (default: free"
              + " ports).")
  private int basePort;

  @Mixin private WaitOption wait;

  @Override
  public Integer call() throws Exception {
    return LocalCommand.run(spec, this::up);
  }

  private int up(PrintWriter out) throws IOException, InterruptedException {
    Path home = directory.path();
    LocalCluster cluster = LocalCluster.existsIn(home) ? existing(home) : create(home);
    List<LocalProcess> stopped =
        cluster.processes().stream().filter(p -> p.handle().isEmpty()).toList();
    LocalStart.startAll(stopped);
    out.printf("started %d processes, waiting until they serve ...%n", stopped.size());
    out.flush();
    LocalStart.awaitServing(cluster, cluster.processes(), wait.patience());
    LocalStart.print(cluster.processes(), out);
    out.printf("%nendpoints  %s%n", cluster.endpoints());
    cluster.processes().stream()
        .filter(p -> p.role().equals("gateway"))
        .findFirst()
        .ifPresent(
            p ->
                out.printf(
                    "try        redis-cli -p %s set hello world%n",
                    p.ready().substring(p.ready().lastIndexOf(':') + 1)));
    out.printf("stop       flotilla local down --dir %s%n", home);
    return ExitCodes.OK;
  }

  /** It is as it was made, whatever is asked for now. */
  private LocalCluster existing(Path home) {
    List<String> ignored =
        LAYOUT.stream().filter(spec.commandLine().getParseResult()::hasMatchedOption).toList();
    if (!ignored.isEmpty()) {
      spec.commandLine()
          .getErr()
          .printf(
              "flotilla: ignored: %s, for %s holds a cluster already; 'local add' adds to it%n",
              String.join(", ", ignored), home);
    }
    return LocalCluster.open(home);
  }

  private LocalCluster create(Path home) throws IOException {
    LocalPlan plan = new LocalPlan(home, placements, nodes, gateways, basePort, shards);
    Directories.empty(home); // once it is sure that the options can be had
    LocalCluster cluster = plan.create(LocalStart.launcher());
    cluster.save();
    return cluster;
  }
}
