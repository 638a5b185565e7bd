package io.flotilla.router.cli;

import io.flotilla.router.client.Bytes;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "get",
    description = "Prints a key's value. Exits with 5 if the key is absent.",
    mixinStandardHelpOptions = true)
final class GetCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster;
  @Mixin private OutputOptions output;
  @Mixin private KeyOptions keys;

  @Parameters(paramLabel = "KEY")
  private String key;

  @Override
  public Integer call() {
    Bytes wanted = keys.read(key);
    return cluster.run(
        client -> {
          Optional<Bytes> value = keys.data(client).get(wanted);
          if (value.isEmpty()) {
            output.err().println("flotilla: not found: " + key);
            return ExitCodes.NOT_FOUND;
          }
          if (output.json()) {
            output.print(EntryView.of(wanted, value.get(), keys));
          } else {
            output.out().println(keys.show(value.get()));
          }
          return ExitCodes.OK;
        });
  }
}
