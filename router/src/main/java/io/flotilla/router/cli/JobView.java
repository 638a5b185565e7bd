package io.flotilla.router.cli;

import io.flotilla.router.client.Job;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A job as JSON shows it.
 *
 * @param approximateBytes that travel for it, where that was asked
 * @param end how it ended, if it did
 * @param why it ended that way
 * @param progress of one that is under way, where that was asked
 */
record JobView(
    long id,
    String kind,
    long shard,
    @Nullable Long from,
    @Nullable Long to,
    @Nullable Long toNode,
    @Nullable Long newShard,
    @Nullable Long into,
    String reason,
    @Nullable Long approximateBytes,
    @Nullable String end,
    @Nullable String why,
    @Nullable Progress progress) {
  /**
   * How far a job is.
   *
   * @param left of its step, in {@code unit}s; null if that is not known, or no amount
   */
  record Progress(String words, @Nullable Long left, @Nullable String unit) {
    private static Progress of(JobProgress progress) {
      return new Progress(
          progress.words(),
          progress.left().map(JobProgress.Left::amount).orElse(null),
          progress.left().map(JobProgress.Left::of).orElse(null));
    }
  }

  static JobView of(Job job) {
    return of(job, null, null, null, null);
  }

  static JobView of(Job job, JobProgress progress) {
    return of(job, null, null, null, Progress.of(progress));
  }

  static JobView of(Job.Planned planned) {
    return of(planned.job(), planned.approximateBytes(), null, null, null);
  }

  static JobView of(Job.Ended ended) {
    return of(ended.job(), null, lower(ended.end()), ended.why(), null);
  }

  /** Of one that is over, though not how. */
  static JobView ofUnknownEnd(Job job, String why) {
    return of(job, null, "unknown", why, null);
  }

  private static JobView of(
      Job job,
      @Nullable Long bytes,
      @Nullable String end,
      @Nullable String why,
      @Nullable Progress progress) {
    return new JobView(
        job.id(),
        lower(job.kind()),
        job.shard(),
        orNull(job.from()),
        orNull(job.to()),
        orNull(job.toNode()),
        orNull(job.newShard()),
        orNull(job.into()),
        job.reason(),
        bytes,
        end,
        why,
        progress);
  }

  private static @Nullable Long orNull(OptionalLong number) {
    return number.isPresent() ? number.getAsLong() : null;
  }

  /** As people and programs read it: {@code given up}. */
  static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Jobs that were begun, for people. */
  static Table table(List<Job> jobs) {
    Table table = new Table("JOB", "SHARD", "WHAT", "BECAUSE");
    jobs.forEach(job -> table.row(job.id(), job.shard(), job.words(), job.reason()));
    return table;
  }

  /** Jobs that would be begun, for people. */
  static Table plan(List<Job.Planned> plan) {
    Table table = new Table("SHARD", "WHAT", "KIB", "BECAUSE");
    plan.forEach(
        each ->
            table.row(
                each.job().shard(),
                each.job().words(),
                each.approximateBytes() >> 10,
                each.job().reason()));
    return table;
  }
}
