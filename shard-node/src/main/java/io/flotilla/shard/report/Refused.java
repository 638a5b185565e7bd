package io.flotilla.shard.report;

import io.flotilla.proto.placement.JobRefusal;
import java.util.ArrayList;
import java.util.List;

/**
 * Jobs whose orders this node cannot carry out, now or ever, until placement has heard so. For the
 * control thread.
 */
final class Refused {
  private final List<JobRefusal> unheard = new ArrayList<>();

  void add(long job, String why) {
    if (!contains(job)) {
      unheard.add(JobRefusal.newBuilder().setJob(job).setWhy(why).build());
    }
  }

  boolean contains(long job) {
    return unheard.stream().anyMatch(refusal -> refusal.getJob() == job);
  }

  /** To go with the next report. */
  List<JobRefusal> unheard() {
    return List.copyOf(unheard);
  }

  void heard(List<JobRefusal> refusals) {
    unheard.removeAll(refusals);
  }
}
