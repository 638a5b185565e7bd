package io.flotilla.router.cli;

import io.flotilla.router.client.Bytes;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "delete", description = "Deletes keys. Exits with 5 if none of them was there.")
final class DeleteCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster;
  @Mixin private OutputOptions output;
  @Mixin private KeyOptions keys;

  @Parameters(paramLabel = "KEY", arity = "1..*")
  private List<String> doomed;

  /** What JSON shows. */
  private record Outcome(long deleted) {}

  @Override
  public Integer call() {
    List<Bytes> wanted = doomed.stream().map(keys::read).toList();
    return cluster.run(
        client -> {
          long deleted = keys.data(client).deleteAll(wanted);
          if (output.json()) {
            output.print(new Outcome(deleted));
          } else {
            output.out().println("deleted " + deleted);
          }
          return deleted == 0 ? ExitCodes.NOT_FOUND : ExitCodes.OK;
        });
  }
}
