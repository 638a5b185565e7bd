package io.flotilla.placement.store;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Ending;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Shard;
import java.util.Collections;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The jobs under way and, for a while, those that are over. */
final class JobBook {
  /** Part of what commands mean: not to be changed without a new kind of command. */
  static final int ENDED_MAX = 128;

  private final TreeMap<Long, Job> jobs;
  private final TreeMap<Long, EndedJob> ended;

  JobBook(ClusterView from) {
    this.jobs = new TreeMap<>(from.jobs());
    this.ended = new TreeMap<>(from.ended());
  }

  /** By the shard that is to change. */
  SortedMap<Long, Job> jobs() {
    return jobs;
  }

  /** By job. */
  SortedMap<Long, EndedJob> ended() {
    return ended;
  }

  Optional<Job> of(long shard) {
    return ClusterView.jobOf(shard, jobs);
  }

  Optional<Job> job(long id) {
    return jobs.values().stream().filter(job -> job.id() == id).findFirst();
  }

  void begin(Job job, Consumer<StateRecord> changed) {
    jobs.put(job.shard(), job);
    changed.accept(StateRecord.of(job));
  }

  /** Forgets the one that ended first, if there are too many: not the one that began first. */
  void end(Job job, Ending ending, long revision, Consumer<StateRecord> changed) {
    jobs.remove(job.shard());
    changed.accept(StateRecord.gone(job));
    EndedJob over = new EndedJob(job, ending, revision);
    ended.put(job.id(), over);
    changed.accept(StateRecord.of(over));
    if (ended.size() > ENDED_MAX) {
      EndedJob first =
          Collections.min(ended.values(), Comparator.comparingLong(EndedJob::revision));
      ended.remove(first.job().id());
      changed.accept(StateRecord.gone(first));
    }
  }

  /**
   * A shard's group has said something new of itself.
   *
   * @param cutOff shards that it cut off from itself
   * @param absorbed shards that are no more, since it has taken them in
   * @param revision of the map that says so
   */
  void shardChanged(
      Shard now,
      Set<Long> cutOff,
      Set<Long> absorbed,
      long revision,
      Consumer<StateRecord> changed) {
    of(now.id())
        .ifPresent(
            job ->
                job.endedBy(now, cutOff, absorbed)
                    .ifPresent(ending -> end(job, ending, revision, changed)));
    for (long gone : absorbed) {
      Ending without = Ending.givenUp("shard " + gone + " was merged into shard " + now.id());
      of(gone).ifPresent(job -> end(job, without, revision, changed));
    }
  }
}
