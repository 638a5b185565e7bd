package io.flotilla.deploy.dev;

import io.flotilla.deploy.local.Directories;
import java.io.PrintWriter;
import java.nio.file.Files;
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
    Path kept = dataDir;
    boolean keep = kept != null;
    Path home = kept != null ? Directories.empty(kept) : Files.createTempDirectory("flotilla-dev");
    EmbeddedCluster cluster =
        EmbeddedCluster.start(new EmbeddedCluster.Plan(home, 1, nodes, shards, redisPort));
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> stop(cluster, keep, home, ended), "stop"));
    cluster.awaitServing();
    PrintWriter out = spec.commandLine().getOut();
    out.printf("redis      redis-cli -p %d%n", cluster.redisPort());
    out.printf("endpoints  %s%n", cluster.endpoints());
    out.printf("data       %s%s%n", home, keep ? "" : " (deleted at the end)");
    out.println("Ctrl-C stops it.");
    out.flush();
    ended.await();
    return 0;
  }

  private void stop(EmbeddedCluster cluster, boolean keep, Path home, CountDownLatch ended) {
    try {
      cluster.close();
      if (!keep) {
        Directories.delete(home);
      }
    } catch (Exception e) {
      spec.commandLine().getErr().println("flotilla: could not stop in good order: " + e);
    } finally {
      ended.countDown();
    }
  }
}
