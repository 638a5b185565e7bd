package io.flotilla.deploy.local;

import io.flotilla.router.cli.ExitCodes;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Stops all processes of a local cluster, by process id. */
@Command(name = "down", description = "Stops all processes, by process id.")
final class LocalDownCommand implements Callable<Integer> {
  private static final Duration GRACE = Duration.ofSeconds(15);

  @Spec private CommandSpec spec;

  @Mixin private DirectoryOption directory;

  @Option(names = "--delete", description = "Also delete the directory and all data in it.")
  private boolean delete;

  @Override
  public Integer call() throws Exception {
    return LocalCommand.run(
        spec,
        out -> {
          out.println("stopped " + stop(directory.cluster().processes()) + " processes");
          if (delete) {
            Directories.delete(directory.path());
            out.println("deleted " + directory.path());
          }
          return ExitCodes.OK;
        });
  }

  /**
   * Asks all to end, waits, and kills what has not ended in time. Gateways first, placement last.
   */
  static int stop(List<LocalProcess> processes) throws InterruptedException {
    int stopped = 0;
    for (String role : List.of("gateway", "node", "placement")) {
      Map<LocalProcess, ProcessHandle> handles = new LinkedHashMap<>();
      processes.stream()
          .filter(p -> p.role().equals(role))
          .forEach(p -> p.handle().ifPresent(handle -> handles.put(p, handle)));
      handles.values().forEach(ProcessHandle::destroy);
      for (Map.Entry<LocalProcess, ProcessHandle> each : handles.entrySet()) {
        if (!each.getKey().ends(each.getValue(), GRACE)) {
          each.getKey().kill(each.getValue());
        }
        stopped++;
      }
    }
    return stopped;
  }
}
