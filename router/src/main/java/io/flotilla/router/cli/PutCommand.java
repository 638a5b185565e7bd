package io.flotilla.router.cli;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.Condition;
import io.flotilla.router.client.PutOptions;
import io.flotilla.router.client.PutResult;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "put", description = "Writes a value. Exits with 1 if a condition was not met.")
final class PutCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster;
  @Mixin private OutputOptions output;
  @Mixin private KeyOptions keys;

  @Parameters(index = "0", paramLabel = "KEY")
  private String key;

  @Parameters(
      index = "1",
      paramLabel = "VALUE",
      description = "The value; - reads it, byte for byte, from standard input.")
  private String value;

  @ArgGroup private @Nullable Only only;

  /** At most one of these. */
  static final class Only {
    @Option(names = "--if-absent", description = "Only if the key has no value.")
    private boolean ifAbsent;

    @Option(names = "--if-present", description = "Only if the key has a value.")
    private boolean ifPresent;
  }

  /** What JSON shows. */
  private record Outcome(boolean written) {}

  @Override
  public Integer call() throws IOException {
    Bytes wanted = keys.read(key);
    Bytes given = value.equals("-") ? Bytes.wrap(System.in.readAllBytes()) : keys.read(value);
    PutOptions options = PutOptions.DEFAULT.when(condition());
    return cluster.run(
        client -> {
          PutResult result = keys.data(client).put(wanted, given, options);
          if (output.json()) {
            output.print(new Outcome(result.written()));
          } else if (result.written()) {
            output.out().println("ok");
          }
          if (!result.written()) {
            output
                .err()
                .println(
                    "flotilla: not written: the key "
                        + (result.existed() ? "exists" : "is absent"));
          }
          return result.written() ? ExitCodes.OK : ExitCodes.FAILED;
        });
  }

  private Condition condition() {
    if (only == null) {
      return Condition.ALWAYS;
    }
    if (only.ifAbsent) {
      return Condition.IF_ABSENT;
    }
    return only.ifPresent ? Condition.IF_PRESENT : Condition.ALWAYS;
  }
}
