package io.flotilla.router.cli;

import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "move",
    description = {
      "Moves a replica to another node: a learner catches up there, then one joint change takes it"
          + " in and the old one out.",
      "Returns when the jobs have begun; job list shows those that are not done.",
    },
    mixinStandardHelpOptions = true)
final class MoveCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster;
  @Mixin private OutputOptions output;

  @ArgGroup(multiplicity = "1")
  private Which which;

  @Option(
      names = "--from",
      required = true,
      paramLabel = "NODE",
      description = "The node that loses it, alive or not.")
  private long from;

  @Option(
      names = "--to",
      paramLabel = "NODE",
      description = "The node that gets it. Default: where it fits best.")
  private @Nullable Long to;

  private static final class Which {
    @Parameters(paramLabel = "SHARD", description = "Of this shard.")
    private @Nullable Long shard;

    @Option(names = "--all", description = "Of each shard that has a replica there.")
    private boolean all;
  }

  @Override
  public Integer call() {
    return cluster.runAdmin(
        client -> {
          List<ClusterStatus.Job> begun = new ArrayList<>();
          for (long shard : shards(client)) {
            begun.add(FlotillaClient.await(client.admin().moveReplica(shard, from, target())));
          }
          if (output.json()) {
            output.print(begun);
          } else {
            output.print(JobCommand.table(begun));
          }
          return ExitCodes.OK;
        });
  }

  private OptionalLong target() {
    return to == null ? OptionalLong.empty() : OptionalLong.of(to);
  }

  private List<Long> shards(FlotillaClient client) {
    Long one = which.shard;
    if (one != null && !which.all) {
      return List.of(one);
    }
    return FlotillaClient.await(client.admin().shards()).stream()
        .filter(shard -> shard.replicas().stream().anyMatch(replica -> replica.node() == from))
        .map(ClusterStatus.Shard::id)
        .toList();
  }
}
