package io.flotilla.router.cli;

import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Job;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "watch",
    description = {
      "Says what changes about jobs, until none is under way.",
      "Exits with 0 if all were done, 1 if one was cancelled or given up.",
    })
final class JobWatchCommand extends AdminVerb {
  private static final long LOOK_EVERY_MILLIS = 500;

  @Parameters(
      paramLabel = "JOB",
      arity = "0..1",
      description = "Only this one. Default: all, those that begin meanwhile too.")
  private @Nullable Long only;

  private final Set<Long> watched = new LinkedHashSet<>();
  private final Map<Long, String> said = new HashMap<>();
  private final Map<Long, TimeLeft> clocks = new HashMap<>();

  @Override
  int run(FlotillaClient client) {
    try {
      return watch(client);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      return ExitCodes.FAILED;
    }
  }

  private int watch(FlotillaClient client) throws InterruptedException {
    ClusterStatus status = FlotillaClient.await(client.admin().status());
    if (only != null && !isUnderWay(status, only) && JobCommand.endedJob(status, only).isEmpty()) {
      return notFound("job " + only);
    }
    if (only != null) {
      watched.add(only);
    }
    if (only == null && status.jobs().isEmpty() && !output.json()) {
      output.out().println("no job is under way");
    }
    while (look(status)) {
      Thread.sleep(LOOK_EVERY_MILLIS);
      status = FlotillaClient.await(client.admin().status());
    }
    return verdict(status);
  }

  private static boolean isUnderWay(ClusterStatus status, long id) {
    return status.jobs().stream().anyMatch(job -> job.id() == id);
  }

  /** Says what is new; whether there is anything left to watch. */
  private boolean look(ClusterStatus status) {
    boolean left = false;
    for (Job job : status.jobs()) {
      if (only == null || job.id() == only) {
        watched.add(job.id());
        left = true;
        JobProgress progress = JobProgress.of(job, status);
        say(job, progress.step(), progress.words() + timeLeft(job, progress));
      }
    }
    for (long id : watched) {
      JobCommand.endedJob(status, id)
          .ifPresent(
              ended -> {
                String how = JobView.lower(ended.end()) + ": " + ended.why();
                say(ended.job(), how, how);
              });
    }
    return left;
  }

  private String timeLeft(Job job, JobProgress progress) {
    return progress
        .left()
        .map(
            left ->
                clocks
                    .computeIfAbsent(job.id(), id -> new TimeLeft())
                    .at(left, System.nanoTime())
                    .map(time -> ", about " + (1 + time.toSeconds()) + " s left")
                    .orElse(", time left not known yet"))
        .orElse("");
  }

  /**
   * @param step what is said only once
   */
  private void say(Job job, String step, String what) {
    boolean news = !step.equals(said.put(job.id(), step));
    if (news && !output.json()) {
      output.out().printf("job %d, shard %d: %s; %s%n", job.id(), job.shard(), job.words(), what);
      output.out().flush();
    }
  }

  private int verdict(ClusterStatus status) {
    List<Job.Ended> ended =
        watched.stream()
            .map(id -> JobCommand.endedJob(status, id))
            .flatMap(Optional::stream)
            .toList();
    if (output.json()) {
      output.print(ended.stream().map(JobView::of).toList());
    }
    boolean allDone = ended.stream().allMatch(each -> each.end() == Job.End.DONE);
    return allDone ? ExitCodes.OK : ExitCodes.FAILED;
  }
}
