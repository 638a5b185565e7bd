package io.flotilla.router.cli;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ReadOptions;
import io.flotilla.router.client.Reading;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "get", description = "Prints a key's value. Exits with 5 if the key is absent.")
final class GetCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster;
  @Mixin private OutputOptions output;
  @Mixin private KeyOptions keys;
  @Mixin private ReadLevelOptions reads;

  @Parameters(paramLabel = "KEY")
  private String key;

  @Override
  public Integer call() {
    Bytes wanted = keys.read(key);
    ReadOptions options = reads.options();
    return cluster.run(
        client -> {
          Reading reading = keys.data(client).withReads(options).read(wanted);
          Optional<Bytes> value = reading.value();
          if (value.isEmpty()) {
            output.err().println("flotilla: not found: " + key);
            return ExitCodes.NOT_FOUND;
          }
          if (output.json()) {
            output.print(EntryView.of(wanted, value.get(), reading.age(), keys));
          } else {
            output.out().println(keys.show(value.get()));
            reads.tellAge(reading.age(), output);
          }
          return ExitCodes.OK;
        });
  }
}
