package io.flotilla.router.cli;

import io.flotilla.router.client.AdminAnswer;
import io.flotilla.router.client.AdminClient;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.FlotillaClient;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What is done with one shard, or with the number of them, by hand. */
final class ShardVerbs {
  private ShardVerbs() {}

  private static OptionalLong optional(@Nullable Long given) {
    return given == null ? OptionalLong.empty() : OptionalLong.of(given);
  }

  /** Begins a job of a shard, or says which it would be. */
  private abstract static class JobVerb extends ShardVerb {
    @Option(names = "--dry-run", description = "Prints the job, and begins nothing.")
    private boolean dryRun;

    @Override
    final int run(FlotillaClient client) {
      AdminAnswer answer = FlotillaClient.await(begin(client.admin(), dryRun));
      return AdminOutput.print(output, answer, dryRun, "begun");
    }

    abstract CompletableFuture<AdminAnswer> begin(AdminClient admin, boolean dryRun);
  }

  @Command(
      name = "split",
      description = {
        "Splits a shard in two: one entry of its log, no data moves.",
        "Returns when the job has begun; job watch waits for it.",
      })
  static final class SplitCommand extends JobVerb {
    @Option(
        names = "--at",
        paramLabel = "KEY",
        description =
            "Where the new shard begins. For a hash keyspace with --hex, the two bytes of a slot."
                + " Default: in the middle of the data.")
    private @Nullable String at;

    @Option(names = "--hex", description = "The key is hexadecimal digits.")
    private boolean hex;

    @Override
    CompletableFuture<AdminAnswer> begin(AdminClient admin, boolean dryRun) {
      Optional<Bytes> key = Optional.ofNullable(at).map(text -> KeyOptions.read(text, hex));
      return admin.splitShard(shard, key, dryRun);
    }
  }

  @Command(
      name = "merge",
      description = {
        "Has a shard absorbed by its neighbour, on the same nodes: no data moves.",
        "The shard does not serve from when it is frozen until that is done.",
        "Returns when the job has begun; job watch waits for it.",
      })
  static final class MergeCommand extends JobVerb {
    @Option(
        names = "--into",
        paramLabel = "NEIGHBOUR",
        description = "The shard that absorbs it. Default: whichever neighbour fits.")
    private @Nullable Long into;

    @Override
    CompletableFuture<AdminAnswer> begin(AdminClient admin, boolean dryRun) {
      return admin.mergeShard(shard, optional(into), dryRun);
    }
  }

  @Command(
      name = "move",
      description = {
        "Moves a replica to another node: a learner catches up there, then one joint change takes"
            + " it in and the old one out. All of a node are moved by node drain.",
        "Returns when the job has begun; job watch waits for it.",
      })
  static final class MoveCommand extends JobVerb {
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

    @Override
    CompletableFuture<AdminAnswer> begin(AdminClient admin, boolean dryRun) {
      return admin.moveReplica(shard, from, optional(to), dryRun);
    }
  }

  @Command(name = "transfer", description = "Hands leadership of a shard to another of its nodes.")
  static final class TransferCommand extends JobVerb {
    @Option(
        names = "--to",
        paramLabel = "NODE",
        description = "Default: of those that hold it, the one that leads least.")
    private @Nullable Long to;

    @Override
    CompletableFuture<AdminAnswer> begin(AdminClient admin, boolean dryRun) {
      return admin.transferLeader(shard, optional(to), dryRun);
    }
  }

  @Command(
      name = "add",
      description = {
        "Splits the largest shards of a keyspace until there are so many more.",
        "Returns at once; shard list shows them come, balance show what is left to do.",
      })
  static final class AddCommand extends AdminVerb {
    @Option(
        names = {"-k", "--keyspace"},
        paramLabel = "NAME",
        required = true)
    private String keyspace;

    @Option(
        names = "--count",
        paramLabel = "N",
        required = true,
        description =
            "So many more. 0: no more than there are, and, as far as merging goes, no fewer.")
    private int count;

    @Option(names = "--dry-run", description = "Prints the first splits, and begins nothing.")
    private boolean dryRun;

    @Override
    int run(FlotillaClient client) {
      if (count < 0) {
        throw new IllegalArgumentException("--count is " + count + "; allowed: 0 and more");
      }
      return AdminOutput.print(
          output,
          FlotillaClient.await(client.admin().addShards(keyspace, count, dryRun)),
          dryRun,
          "taken");
    }
  }

  @Command(
      name = "why",
      description =
          "Says why a shard is where it is, what is being done about it, and why nothing is.")
  static final class WhyCommand extends ShardVerb {
    @Override
    int run(FlotillaClient client) {
      return AdminOutput.print(output, FlotillaClient.await(client.admin().explainShard(shard)));
    }
  }

  @Command(name = "show", description = "Shows one shard, and the job that it may have.")
  static final class ShowCommand extends ShardVerb {
    @Override
    int run(FlotillaClient client) {
      var status = FlotillaClient.await(client.admin().status());
      var found = status.shards().stream().filter(each -> each.id() == shard).toList();
      if (found.isEmpty()) {
        return notFound("shard " + shard);
      }
      if (output.json()) {
        output.print(ShardView.of(found.get(0)));
        return ExitCodes.OK;
      }
      output.print(ShardCommand.table(found));
      found
          .get(0)
          .frozen()
          .ifPresent(
              frozen ->
                  output
                      .out()
                      .println(
                          "  frozen: it serves nothing until shard "
                              + frozen.into()
                              + " has absorbed it, or it thaws"));
      status.jobs().stream()
          .filter(job -> job.concerns(shard))
          .forEach(job -> output.out().println("  job " + job.id() + ": " + job.words()));
      return ExitCodes.OK;
    }
  }
}
