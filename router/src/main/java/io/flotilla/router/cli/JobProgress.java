package io.flotilla.router.cli;

import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.Job;
import java.util.Optional;

/**
 * How far a job is.
 *
 * @param words for people
 * @param step changes where that is news, not with each byte
 * @param left what is left of the step, more than 0; nothing if that is not known, or no amount
 */
record JobProgress(String words, String step, Optional<Left> left) {
  /**
   * An amount that becomes less.
   *
   * @param of what it is counted in: amounts of one thing can be compared
   */
  record Left(String of, long amount) {}

  private static final int PERCENT = 100;

  /** What is news of a snapshot. */
  private static final int PERCENT_STEP = 10;

  private static JobProgress of(String words) {
    return new JobProgress(words, words, Optional.empty());
  }

  static JobProgress of(Job job, ClusterStatus status) {
    return status.shards().stream()
        .filter(each -> each.id() == job.shard())
        .findFirst()
        .map(shard -> of(job, shard))
        .orElseGet(() -> of("its shard is not in the map"));
  }

  private static JobProgress of(Job job, ClusterStatus.Shard shard) {
    if (job.kind() == Job.Kind.RECOVERY) {
      return of("it waits for node %d to go on alone".formatted(job.toNode().orElse(0)));
    }
    if (shard.leaderNode().isEmpty()) {
      return of("it waits until the shard has a leader");
    }
    if (job.kind() == Job.Kind.MOVE) {
      return ofMove(job, shard);
    }
    if (job.kind() == Job.Kind.MERGE) {
      return ofMerge(job, shard);
    }
    return of(
        "it waits for its leader, node %d, to carry it out"
            .formatted(shard.leaderNode().getAsLong()));
  }

  private static JobProgress ofMerge(Job job, ClusterStatus.Shard shard) {
    if (shard.frozen().isEmpty()) {
      return of("step 1 of 3: it is not frozen yet");
    }
    return shard.frozen().get().settled()
        ? of(
            "step 3 of 3: it is frozen and settled; shard %d takes it in"
                .formatted(job.into().orElse(0)))
        : of("step 2 of 3: it is frozen; all replicas bring that to their disks");
  }

  private static JobProgress ofMove(Job job, ClusterStatus.Shard shard) {
    if (job.to().isEmpty()) {
      return of("the group leaves replica %d out".formatted(job.from().orElse(0)));
    }
    long last =
        shard.replicas().stream().mapToLong(ClusterStatus.Replica::lastIndex).max().orElse(0);
    return shard.replicas().stream()
        .filter(replica -> replica.id() == job.to().orElse(0))
        .findFirst()
        .map(replica -> ofComing(replica, last))
        .orElseGet(() -> of("step 1 of 3: the group has not begun with it"));
  }

  private static JobProgress ofComing(ClusterStatus.Replica replica, long last) {
    if (!replica.learner()) {
      return of("step 3 of 3: the group is taking it in");
    }
    return replica.snapshotBytesTotal() > 0 ? ofSnapshot(replica) : ofEntries(replica, last);
  }

  private static JobProgress ofEntries(ClusterStatus.Replica replica, long last) {
    if (replica.reported() && replica.applied() >= last) {
      return of("step 2 of 3: it has learned all, %,d entries".formatted(replica.applied()));
    }
    String entries = "it learns: %,d of %,d entries".formatted(replica.applied(), last);
    Optional<Left> left =
        Optional.of(new Left("entries", last - replica.applied()))
            .filter(known -> replica.reported());
    return new JobProgress("step 2 of 3: " + entries, entries, left);
  }

  private static JobProgress ofSnapshot(ClusterStatus.Replica replica) {
    long total = replica.snapshotBytesTotal();
    if (replica.snapshotBytes() >= total) {
      return of(
          "step 2 of 3: the snapshot, %,d KiB, has come and is being loaded"
              .formatted(total >> 10));
    }
    long percent = PERCENT * replica.snapshotBytes() / total;
    return new JobProgress(
        "step 2 of 3: a snapshot comes: %,d of %,d KiB, %d %%"
            .formatted(replica.snapshotBytes() >> 10, total >> 10, percent),
        "snapshot of " + total + ", " + percent / PERCENT_STEP,
        Optional.of(new Left("bytes", total - replica.snapshotBytes())));
  }
}
