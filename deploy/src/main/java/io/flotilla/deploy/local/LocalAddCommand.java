package io.flotilla.deploy.local;

import io.flotilla.router.cli.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Adds processes to a cluster that runs. */
@Command(
    name = "add",
    description = {
      "Adds storage nodes, or members of placement, to a cluster that runs, and returns when they"
          + " serve.",
      "Placement then moves replicas and leaders to nodes by itself, unless balance is off; members"
          + " of its own learn first."
    })
final class LocalAddCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private DirectoryOption directory;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "Storage nodes (default: 1, if nothing is said).")
  private @Nullable Integer nodesWanted;

  @Option(
      names = "--placement",
      paramLabel = "N",
      defaultValue = "0",
      description = "Placement members (default ${DEFAULT-VALUE}).")
  private int placements;

  @Mixin private WaitOption wait;

  @Override
  public Integer call() throws Exception {
    return LocalCommand.run(spec, this::add);
  }

  private int add(PrintWriter out) throws IOException, InterruptedException {
    LocalCluster cluster = directory.cluster();
    int before = cluster.processes().size();
    int nodes = nodesWanted != null ? nodesWanted : placements > 0 ? 0 : 1;
    check("--nodes", nodes, LocalPlan.NODES_MAX - cluster.ofRole("node").size());
    check("--placement", placements, LocalPlan.PLACEMENTS_MAX - cluster.ofRole("placement").size());
    try (LocalHealth health = new LocalHealth(cluster, wait.patience())) {
      String id = health.cluster();
      for (int i = 0; i < placements; i++) {
        SortedMap<Long, String> members = health.addMember(LocalPlan.freeAddress());
        cluster =
            start(
                cluster,
                LocalPlan.placementFor(
                    cluster, id, members.lastKey(), members, LocalStart.launcher()));
      }
      for (int i = 0; i < nodes; i++) {
        cluster = start(cluster, LocalPlan.nodeFor(cluster, id, LocalStart.launcher()));
      }
    }
    List<LocalProcess> added = cluster.processes().subList(before, cluster.processes().size());
    LocalStart.awaitServing(cluster, added, wait.patience());
    LocalStart.print(added, out);
    return ExitCodes.OK;
  }

  private static LocalCluster start(LocalCluster before, LocalProcess added) throws IOException {
    LocalCluster cluster = before.with(added);
    cluster.save(); // before it runs: 'down' must know it
    added.start();
    return cluster;
  }

  private static void check(String option, int value, int max) {
    if (value < 0 || value > max) {
      throw LocalException.usage(option + " is " + value + "; allowed: 0 to " + max + " more");
    }
  }
}
