package io.flotilla.router.cli;

import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Job;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
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
      "Exits with 0 if all were done, 1 if one was cancelled or given up, or if nobody knows any"
          + " more how it ended.",
    })
final class JobWatchCommand extends AdminVerb {
  private static final long LOOK_EVERY_MILLIS = 500;
  private static final String HOW_UNKNOWN =
      "it is over, and placement does not remember how it ended";

  @Parameters(
      paramLabel = "JOB",
      arity = "0..1",
      description = "Only this one. Default: all, those that begin meanwhile too.")
  private @Nullable Long only;

  /** As they were said last; nothing of one that was over from the start. */
  private final Map<Long, Optional<Job>> watched = new LinkedHashMap<>();

  /** Placement forgets, and this may go on for long. */
  private final Map<Long, Job.Ended> ended = new HashMap<>();

  /** Jobs that were over before this began. */
  private final Set<Long> before = new HashSet<>();

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
      watched.put(only, Optional.empty());
    }
    if (only == null && status.jobs().isEmpty() && !output.json()) {
      output.out().println("no job is under way");
    }
    status.ended().forEach(known -> before.add(known.job().id()));
    while (look(status)) {
      Thread.sleep(LOOK_EVERY_MILLIS);
      status = FlotillaClient.await(client.admin().status());
    }
    return verdict();
  }

  private static boolean isUnderWay(ClusterStatus status, long id) {
    return status.jobs().stream().anyMatch(job -> job.id() == id);
  }

  /** Says what is new; whether there is anything left to watch. */
  private boolean look(ClusterStatus status) {
    boolean left = lookAtOpen(status);
    lookAtEnded(status);
    return left;
  }

  private boolean lookAtOpen(ClusterStatus status) {
    boolean left = false;
    for (Job job : status.jobs()) {
      if (only == null || job.id() == only) {
        watched.put(job.id(), Optional.of(job));
        left = true;
        JobProgress progress = JobProgress.of(job, status);
        say(job, progress.step(), progress.words() + timeLeft(job, progress));
      }
    }
    return left;
  }

  private void lookAtEnded(ClusterStatus status) {
    if (only == null) { // some begin and end between two looks
      status.ended().stream()
          .map(Job.Ended::job)
          .filter(job -> !before.contains(job.id()))
          .forEach(job -> watched.putIfAbsent(job.id(), Optional.of(job)));
    }
    for (Map.Entry<Long, Optional<Job>> each : watched.entrySet()) {
      long id = each.getKey();
      JobCommand.endedJob(status, id).ifPresent(known -> ended.put(id, known));
      if (ended.containsKey(id)) {
        Job.Ended known = ended.get(id);
        String how = JobView.lower(known.end()) + ": " + known.why();
        say(known.job(), how, how);
      } else if (!isUnderWay(status, id)) {
        each.getValue().ifPresent(job -> say(job, HOW_UNKNOWN, HOW_UNKNOWN));
      }
    }
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

  private int verdict() {
    if (output.json()) {
      output.print(
          watched.entrySet().stream()
              .flatMap(each -> view(ended.get(each.getKey()), each.getValue()).stream())
              .toList());
    }
    boolean allDone =
        watched.keySet().stream()
            .allMatch(id -> ended.containsKey(id) && ended.get(id).end() == Job.End.DONE);
    return allDone ? ExitCodes.OK : ExitCodes.FAILED;
  }

  private static Optional<JobView> view(Job.@Nullable Ended known, Optional<Job> job) {
    return known != null
        ? Optional.of(JobView.of(known))
        : job.map(last -> JobView.ofUnknownEnd(last, HOW_UNKNOWN));
  }
}
