package io.flotilla.deploy.local;

import io.flotilla.router.cli.ExitCodes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Stops all processes of a local cluster, by process id. */
@Command(name = "down", description = "Stops all processes, by process id.")
final class LocalDownCommand implements Callable<Integer> {
  private static final long GRACE_SECONDS = 15;

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
  static int stop(List<LocalProcess> processes) throws InterruptedException, ExecutionException {
    int stopped = 0;
    for (String role : List.of("gateway", "node", "placement")) {
      List<ProcessHandle> handles = new ArrayList<>();
      processes.stream()
          .filter(p -> p.role().equals(role))
          .forEach(p -> p.handle().ifPresent(handles::add));
      handles.forEach(ProcessHandle::destroy);
      for (ProcessHandle handle : handles) {
        await(handle);
        stopped++;
      }
    }
    return stopped;
  }

  private static void await(ProcessHandle handle) throws InterruptedException, ExecutionException {
    try {
      handle.onExit().get(GRACE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      handle.destroyForcibly();
      handle.onExit().join();
    }
  }
}
