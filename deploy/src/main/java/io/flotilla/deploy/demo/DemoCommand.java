package io.flotilla.deploy.demo;

import io.flotilla.deploy.dev.EmbeddedCluster;
import io.flotilla.deploy.dev.Visit;
import io.flotilla.router.cli.ExitCodes;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code flotilla demo}. */
@Command(
    name = "demo",
    description =
        "A tour: three placement members, three nodes and a gateway in one process, real data in,"
            + " a node lost and brought back meanwhile, a fourth node and more shards added, every"
            + " byte verified. Exit code 0 only if all was right.")
public final class DemoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--data-dir",
      paramLabel = "D",
      description =
          "Empty directory for the data, kept afterwards (default: a temporary one, deleted).")
  private @Nullable Path dataDir;

  @Option(
      names = "--files",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "Stop after this many files (default: all).")
  private int files;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Screen screen = new Screen(out, System.getenv("FLOTILLA_TERMINAL") != null);
    try {
      return Visit.to(
          dataDir,
          "flotilla-demo",
          EmbeddedCluster.Plan::tour,
          cluster -> new Tour(cluster, screen, files).run() ? ExitCodes.OK : ExitCodes.FAILED);
    } finally {
      screen.endBar();
    }
  }
}
