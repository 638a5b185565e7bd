package io.flotilla.router.cli;

import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Job;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "job",
    description = "What placement is carrying out.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      JobCommand.ListCommand.class,
      JobCommand.ShowCommand.class,
      JobCommand.CancelCommand.class,
      JobWatchCommand.class
    })
final class JobCommand {
  static Table ended(List<Job.Ended> ended) {
    Table table = new Table("JOB", "SHARD", "WHAT", "END", "WHY");
    ended.forEach(
        each ->
            table.row(
                each.job().id(),
                each.job().shard(),
                each.job().words(),
                JobView.lower(each.end()),
                each.why()));
    return table;
  }

  @Command(name = "list", description = "Lists the jobs that are not done yet.")
  static final class ListCommand extends AdminVerb {
    @Option(names = "--ended", description = "Those that are over instead, the newest 128.")
    private boolean ended;

    @Override
    int run(FlotillaClient client) {
      ClusterStatus status = FlotillaClient.await(client.admin().status());
      if (output.json()) {
        Stream<JobView> views =
            ended
                ? status.ended().stream().map(JobView::of)
                : status.jobs().stream().map(JobView::of);
        output.print(views.toList());
      } else {
        output.print(ended ? ended(status.ended()) : JobView.table(status.jobs()));
      }
      return ExitCodes.OK;
    }
  }

  @Command(
      name = "show",
      description = "Shows one job, under way or over, and what is said of its shard.")
  static final class ShowCommand extends AdminVerb {
    @Parameters(paramLabel = "JOB", description = "Its number, as in job list.")
    private long id;

    @Override
    int run(FlotillaClient client) {
      ClusterStatus status = FlotillaClient.await(client.admin().status());
      Optional<Job> job = status.jobs().stream().filter(each -> each.id() == id).findFirst();
      Optional<Job.Ended> over = endedJob(status, id);
      if (job.isEmpty() && over.isEmpty()) {
        return notFound("job " + id);
      }
      if (output.json()) {
        output.print(
            job.map(open -> JobView.of(open, JobProgress.of(open, status)))
                .or(() -> over.map(JobView::of))
                .orElseThrow());
      } else if (job.isPresent()) {
        output.print(JobView.table(List.of(job.get())));
        output.out().println("  " + JobProgress.of(job.get(), status).words());
      } else {
        output.print(ended(List.of(over.orElseThrow())));
      }
      return ExitCodes.OK;
    }
  }

  static Optional<Job.Ended> endedJob(ClusterStatus status, long id) {
    return status.ended().stream().filter(each -> each.job().id() == id).findFirst();
  }

  @Command(
      name = "cancel",
      description = {
        "Ends a job. What its shard's group has done by then is not undone, but for a learner,"
            + " which is removed, and a frozen shard, which thaws.",
        "A move whose group is already changing its voters is refused: it is done in a moment.",
      })
  static final class CancelCommand extends AdminVerb {
    @Parameters(paramLabel = "JOB", arity = "1..*", description = "Numbers, as in job list.")
    private List<String> ids = new ArrayList<>();

    @Override
    int run(FlotillaClient client) {
      for (long id : Numbers.read(ids, "job", "job list")) {
        AdminOutput.print(
            output, FlotillaClient.await(client.admin().cancelJob(id)), false, "cancelled");
      }
      return ExitCodes.OK;
    }
  }
}
