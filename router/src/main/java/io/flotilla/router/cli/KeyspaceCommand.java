package io.flotilla.router.cli;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.CreatedKeyspace;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.NewKeyspace;
import io.flotilla.router.client.Partitioning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "keyspace",
    description = "Named key spaces.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {KeyspaceCommand.ListCommand.class, KeyspaceCommand.CreateCommand.class})
final class KeyspaceCommand {
  /** A keyspace as it is printed. */
  private record View(int id, String name, String partitioning, long shards) {
    static View of(ClusterStatus.Keyspace keyspace, long shards) {
      return new View(
          keyspace.id(),
          keyspace.name(),
          keyspace.partitioning().name().toLowerCase(Locale.ROOT),
          shards);
    }
  }

  /** A new one, with what placement has to say about it. */
  private record Made(int id, String name, String partitioning, long shards, List<String> notes) {}

  @Command(name = "list", description = "Lists keyspaces.")
  static final class ListCommand extends AdminVerb {
    @Override
    int run(FlotillaClient client) {
      ClusterStatus status = FlotillaClient.await(client.admin().status());
      List<View> views = new ArrayList<>();
      for (ClusterStatus.Keyspace keyspace : status.keyspaces()) {
        long shards =
            status.shards().stream()
                .filter(shard -> shard.keyspace().equals(keyspace.name()))
                .count();
        views.add(View.of(keyspace, shards));
      }
      if (output.json()) {
        output.print(views);
      } else {
        Table table = new Table("ID", "KEYSPACE", "PARTITIONING", "SHARDS");
        views.forEach(v -> table.row(v.id, v.name, v.partitioning, v.shards));
        output.print(table);
      }
      return ExitCodes.OK;
    }
  }

  @Command(name = "create", description = "Creates a keyspace, split into shards from the start.")
  static final class CreateCommand extends AdminVerb {
    @Parameters(paramLabel = "NAME")
    private String name;

    @Option(
        names = "--partition",
        paramLabel = "HOW",
        defaultValue = "range",
        description =
            "range: in the order of keys; hash: by Redis slots. Default: ${DEFAULT-VALUE}.")
    private Partitioning partitioning;

    @Option(
        names = "--shards",
        paramLabel = "N",
        defaultValue = "16",
        description = "Default: ${DEFAULT-VALUE}.")
    private int shards;

    @Option(
        names = "--split-keys",
        paramLabel = "FILE",
        description = "Split a range keyspace at these keys, one on each line, in their order.")
    private @Nullable Path splitKeys;

    @Option(names = "--hex", description = "The split keys are hexadecimal digits.")
    private boolean hex;

    @Option(
        names = "--replicas",
        paramLabel = "R",
        defaultValue = "0",
        description = "Replicas of each shard. Default: the cluster's own.")
    private int replicas;

    @Override
    int run(FlotillaClient client) throws IOException {
      List<Bytes> cuts = splitKeys == null ? List.of() : read(splitKeys);
      NewKeyspace wish = new NewKeyspace(name, partitioning, shards, cuts, replicas);
      int expected = cuts.isEmpty() ? shards : cuts.size() + 1;
      CreatedKeyspace created = FlotillaClient.await(client.admin().createKeyspace(wish));
      View made = View.of(created.keyspace(), expected);
      if (output.json()) {
        output.print(new Made(made.id, made.name, made.partitioning, made.shards, created.notes()));
      } else {
        output.out().println("created " + made.name + " with " + made.shards + " shards");
        created.notes().forEach(note -> output.out().println("  " + note));
      }
      return ExitCodes.OK;
    }

    private List<Bytes> read(Path file) throws IOException {
      List<String> lines = Files.readAllLines(file);
      List<Bytes> keys = new ArrayList<>();
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).isEmpty()) {
          continue;
        }
        Bytes key = KeyOptions.read(lines.get(i), hex);
        if (!keys.isEmpty() && key.compareTo(keys.get(keys.size() - 1)) <= 0) {
          throw new IllegalArgumentException(
              file + " line " + (i + 1) + ": split keys must ascend, and " + key + " does not");
        }
        keys.add(key);
      }
      if (keys.isEmpty()) {
        throw new IllegalArgumentException(file + " has no keys; allowed are one or more");
      }
      return keys;
    }
  }
}
