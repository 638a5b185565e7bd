package io.flotilla.deploy.dev;

import io.flotilla.router.cli.ExitCodes;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code flotilla dev}. */
@Command(
    name = "dev",
    description = "A cluster in this process, in the foreground, until SIGINT: to develop against.")
public final class DevCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--data-dir",
      paramLabel = "D",
      description =
          "Empty directory for the data, kept afterwards (default: a temporary one, deleted).")
  private @Nullable Path dataDir;

  @Option(
      names = "--nodes",
      defaultValue = "1",
      description =
          "Storage nodes; with fewer than 3, that many replicas (default ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--shards",
      defaultValue = "4",
      description = "Shards of each keyspace (default ${DEFAULT-VALUE}).")
  private int shards;

  @Option(
      names = "--redis-port",
      defaultValue = "6379",
      description = "Port of the gateway; 0: any free one (default ${DEFAULT-VALUE}).")
  private int redisPort;

  @Override
  public Integer call() throws Exception {
    return Visit.to(
        dataDir,
        "flotilla-dev",
        home -> new EmbeddedCluster.Plan(home, 1, nodes, shards, redisPort),
        this::serve);
  }

  private int serve(EmbeddedCluster cluster) throws InterruptedException {
    cluster.awaitServing();
    PrintWriter out = spec.commandLine().getOut();
    out.printf("redis      redis-cli -p %d%n", cluster.redisPort());
    out.printf("endpoints  %s%n", cluster.endpoints());
    out.printf("data       %s%s%n", cluster.home(), dataDir == null ? " (deleted at the end)" : "");
    out.println("Ctrl-C stops it.");
    out.flush();
    new CountDownLatch(1).await(); // until it is interrupted
    return ExitCodes.OK;
  }
}
