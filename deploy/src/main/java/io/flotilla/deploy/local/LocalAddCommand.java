package io.flotilla.deploy.local;

import io.flotilla.router.cli.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Adds storage nodes to a cluster that runs. */
@Command(
    name = "add",
    description = {
      "Adds storage nodes to a cluster that runs, and returns when they serve.",
      "Placement then moves replicas and leaders there by itself, unless balance is off."
    })
final class LocalAddCommand implements Callable<Integer> {
  private static final int NODES_MAX = 20;

  @Spec private CommandSpec spec;

  @Mixin private DirectoryOption directory;

  @Option(
      names = "--nodes",
      defaultValue = "1",
      description = "How many (default ${DEFAULT-VALUE}).")
  private int nodes;

  @Mixin private WaitOption wait;

  @Override
  public Integer call() throws Exception {
    return LocalCommand.run(spec, this::add);
  }

  private int add(PrintWriter out) throws IOException, InterruptedException {
    LocalCluster cluster = directory.cluster();
    int before = cluster.ofRole("node").size();
    if (nodes < 1 || before + nodes > NODES_MAX) {
      throw new LocalException(
          "--nodes is %d; allowed: 1 to %d, as there are %d and may be %d"
              .formatted(nodes, NODES_MAX - before, before, NODES_MAX));
    }
    String id;
    try (LocalHealth health = new LocalHealth(cluster)) {
      id = health.cluster();
    }
    for (int i = 0; i < nodes; i++) {
      LocalProcess added = LocalPlan.nodeFor(cluster, id, LocalStart.launcher());
      cluster = cluster.with(added);
      cluster.save(); // before it runs: 'down' must know it
      added.start();
    }
    LocalStart.awaitServing(cluster, wait.patience());
    LocalStart.print(cluster.ofRole("node").subList(before, before + nodes), out);
    return ExitCodes.OK;
  }
}
