package io.flotilla.router.cli;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Location;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "shard",
    description = "Shards and their replicas.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ShardCommand.ListCommand.class,
      ShardCommand.LocateCommand.class,
      ShardVerbs.ShowCommand.class,
      ShardVerbs.WhyCommand.class,
      ShardVerbs.AddCommand.class,
      ShardVerbs.SplitCommand.class,
      ShardVerbs.MergeCommand.class,
      ShardVerbs.MoveCommand.class,
      ShardVerbs.TransferCommand.class,
      RecoverCommand.class
    })
final class ShardCommand {
  static Table table(List<ClusterStatus.Shard> shards) {
    Table table =
        new Table(
            "SHARD", "KEYSPACE", "START", "END", "EPOCH", "LEADER", "TERM", "REPLICAS", "APPLIED");
    for (ClusterStatus.Shard shard : shards) {
      table.row(
          shard.id(),
          shard.keyspace(),
          bound(shard.start()),
          bound(shard.end()),
          epoch(shard),
          shard.leaderNode().isPresent() ? shard.leaderNode().getAsLong() : "-",
          shard.term(),
          replicas(shard),
          applied(shard));
    }
    return table;
  }

  private static String epoch(ClusterStatus.Shard shard) {
    return shard.version()
        + "."
        + shard.confVersion()
        + (shard.frozen().isPresent() ? " frozen" : "");
  }

  private static String bound(Optional<Bytes> bound) {
    return bound.map(Bytes::toString).orElse("-");
  }

  /**
   * Nodes, with {@code *} at the leader's, {@code !} at a silent one's, {@code x} where the replica
   * is lost on a node that lives, {@code ~} at a learner's.
   */
  private static String replicas(ClusterStatus.Shard shard) {
    return shard.replicas().stream()
        .map(
            replica ->
                replica.node()
                    + (shard.leaderNode().orElse(-1) == replica.node() ? "*" : "")
                    + (replica.learner() ? "~" : "")
                    + mark(replica))
        .collect(Collectors.joining(" "));
  }

  private static String mark(ClusterStatus.Replica replica) {
    if (!replica.alive()) {
      return "!";
    }
    return replica.lost() ? "x" : "";
  }

  private static String applied(ClusterStatus.Shard shard) {
    return shard.replicas().stream()
        .map(replica -> replica.reported() ? String.valueOf(replica.applied()) : "?")
        .collect(Collectors.joining(" "));
  }

  @Command(
      name = "list",
      description = {
        "Lists shards in the order of their keys, keyspace by keyspace.",
        "At a replica's node: * leads, ~ learns, ! is silent. Frozen: serves nothing until it is"
            + " merged, or thaws.",
      })
  static final class ListCommand extends AdminVerb {
    @Option(
        names = {"-k", "--keyspace"},
        paramLabel = "NAME",
        description = "Only those of this keyspace.")
    private @Nullable String keyspace;

    @Override
    int run(FlotillaClient client) {
      List<ClusterStatus.Shard> shards =
          FlotillaClient.await(client.admin().shards()).stream()
              .filter(shard -> keyspace == null || shard.keyspace().equals(keyspace))
              .toList();
      if (shards.isEmpty() && keyspace != null) {
        output.err().println("flotilla: there is no keyspace \"" + keyspace + "\"");
        return ExitCodes.NOT_FOUND;
      }
      if (output.json()) {
        output.print(shards.stream().map(ShardView::of).toList());
      } else {
        output.print(table(shards));
      }
      return ExitCodes.OK;
    }
  }

  @Command(
      name = "locate",
      description = "Says which shard holds a key, whether the key is there or not.")
  static final class LocateCommand extends AdminVerb {
    @Mixin private KeyOptions keys;

    @Parameters(paramLabel = "KEY")
    private String key;

    @Override
    int run(FlotillaClient client) {
      Bytes wanted = keys.read(key);
      Location location = FlotillaClient.await(client.admin().locate(keys.keyspace(), wanted));
      if (output.json()) {
        output.print(ShardView.of(location.shard()));
      } else {
        output.print(table(List.of(location.shard())));
      }
      return ExitCodes.OK;
    }
  }
}
