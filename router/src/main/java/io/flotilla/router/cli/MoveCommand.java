package io.flotilla.router.cli;

import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Job;
import io.flotilla.router.client.KvException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
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
final class MoveCommand extends AdminVerb {
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

  @Option(
      names = "--dry-run",
      description = "Prints the jobs and what would travel, and begins nothing.")
  private boolean dryRun;

  private static final class Which {
    @Parameters(paramLabel = "SHARD", description = "Of this shard.")
    private @Nullable Long shard;

    @Option(names = "--all", description = "Of each shard that has a replica there.")
    private boolean all;
  }

  @Override
  int run(FlotillaClient client) {
    ClusterStatus status = FlotillaClient.await(client.admin().status());
    Optional<String> missing = whatIsMissing(status);
    if (missing.isPresent()) {
      return notFound(missing.get());
    }
    if (dryRun) {
      plan(client, shards(status));
    } else {
      begin(client, shards(status));
    }
    return ExitCodes.OK;
  }

  /** What the command line names and the cluster does not have. */
  private Optional<String> whatIsMissing(ClusterStatus status) {
    Long shard = which.shard;
    if (shard != null && status.shards().stream().noneMatch(each -> each.id() == shard)) {
      return Optional.of("shard " + shard);
    }
    return Stream.of(from, to == null ? from : to)
        .filter(node -> status.nodes().stream().noneMatch(each -> each.id() == node))
        .findFirst()
        .map(node -> "node " + node);
  }

  /** Those that have begun are told also when the next one is refused. */
  private void begin(FlotillaClient client, List<Long> shards) {
    List<Job> begun = new ArrayList<>();
    try {
      for (long shard : shards) {
        begun.add(FlotillaClient.await(client.admin().moveReplica(shard, from, target())));
      }
    } catch (KvException refused) {
      if (!begun.isEmpty()) {
        JobCommand.printMoves(output, begun);
      }
      throw refused;
    }
    JobCommand.printMoves(output, begun);
  }

  private OptionalLong target() {
    return to == null ? OptionalLong.empty() : OptionalLong.of(to);
  }

  /** Each by itself, as if it were the only one. */
  private void plan(FlotillaClient client, List<Long> shards) {
    List<Job.Planned> plan = new ArrayList<>();
    for (long shard : shards) {
      plan.add(FlotillaClient.await(client.admin().planMove(shard, from, target())));
    }
    if (output.json()) {
      output.print(plan.stream().map(JobView::of).toList());
    } else {
      AdminOutput.printPlan(output, plan);
    }
  }

  private List<Long> shards(ClusterStatus status) {
    Long one = which.shard;
    if (one != null && !which.all) {
      return List.of(one);
    }
    return status.shards().stream()
        .filter(shard -> shard.replicas().stream().anyMatch(replica -> replica.node() == from))
        .map(ClusterStatus.Shard::id)
        .toList();
  }
}
