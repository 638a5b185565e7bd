package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.KeyspacePlan;
import io.flotilla.placement.plan.KeyspacePlanner;
import io.flotilla.placement.plan.KeyspaceWish;
import io.flotilla.placement.plan.LoadView;
import io.flotilla.placement.plan.Plan;
import io.flotilla.placement.plan.PlanRefusedException;
import io.flotilla.placement.plan.Planner;
import io.flotilla.placement.store.JobMessages;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.placement.BeginJobs;
import io.flotilla.proto.placement.EndJob;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the leader does unasked: gives the map its cluster's id, creates the built-in keyspaces as
 * soon as there are nodes for them, ends jobs of which only reports say that they are over, and
 * begins those that the {@link Planner} finds necessary. One thing at a time; what fails is looked
 * at again at the next round. Harmless on a leader that no longer is one: its proposals are
 * refused.
 */
final class Steward {
  private static final Logger log = LoggerFactory.getLogger(Steward.class);

  private static final long PLAN_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** While the map changes all the time, planning must leave the desk time for all else. */
  private static final long PLAN_AFTER_CHANGE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final LeaderGate gate;
  private final String cluster;
  private final PlacementPolicy policy;
  private final JobWatch jobs;
  private volatile boolean busy;
  private long plannedNanos;
  private long plannedRevision = -1;

  Steward(LeaderGate gate, String cluster, PlacementPolicy policy, JobWatch jobs) {
    this.gate = gate;
    this.cluster = cluster;
    this.policy = policy;
    this.jobs = jobs;
  }

  /**
   * Looks what is to be done, and proposes it. Does not wait.
   *
   * @param load what nodes say, asked for only if it is needed
   */
  void act(ClusterView view, Supplier<LoadView> load, Set<Long> avoidedNodes, long nowNanos) {
    if (!busy) {
      found(view, avoidedNodes)
          .or(() -> jobs.over(view, nowNanos).map(Steward::end))
          .or(() -> plan(view, load, nowNanos))
          .ifPresent(this::propose);
    }
  }

  private static PlacementCommand end(EndJob end) {
    return PlacementCommand.newBuilder().setEndJob(end).build();
  }

  /** Whenever reports may have brought news, and soon after the map has changed. */
  private Optional<PlacementCommand> plan(
      ClusterView view, Supplier<LoadView> load, long nowNanos) {
    boolean same = view.revision() == plannedRevision;
    long pauseNanos = same ? PLAN_EVERY_NANOS : PLAN_AFTER_CHANGE_NANOS;
    if (plannedRevision >= 0 && nowNanos - plannedNanos < pauseNanos) {
      return Optional.empty();
    }
    plannedRevision = view.revision();
    plannedNanos = nowNanos;
    Plan plan = Planner.plan(view, load.get(), policy.pace());
    if (plan.jobs().isEmpty()) {
      return Optional.empty();
    }
    BeginJobs.Builder begin = BeginJobs.newBuilder();
    for (Job job : plan.jobs()) {
      log.info("planned: {} ({})", job.words(), job.reason());
      begin.addJobs(JobMessages.write(job));
    }
    return Optional.of(PlacementCommand.newBuilder().setBeginJobs(begin).build());
  }

  private Optional<PlacementCommand> found(ClusterView view, Set<Long> avoidedNodes) {
    if (view.cluster().isEmpty()) {
      return Optional.of(PlacementCommand.newBuilder().setAdoptCluster(cluster).build());
    }
    if (view.nodes().size() < policy.replicas()) {
      return Optional.empty();
    }
    return Keyspace.BUILT_IN.stream()
        .filter(keyspace -> !view.hasKeyspaceNamed(keyspace.name()))
        .findFirst()
        .flatMap(keyspace -> create(view, keyspace, avoidedNodes));
  }

  private Optional<PlacementCommand> create(
      ClusterView view, Keyspace keyspace, Set<Long> avoidedNodes) {
    KeyspaceWish wish =
        new KeyspaceWish(
            keyspace.name(),
            keyspace.partitioning(),
            policy.initialShards(),
            List.of(),
            policy.replicas());
    try {
      KeyspacePlan plan = KeyspacePlanner.plan(view, wish, avoidedNodes);
      return Optional.of(
          PlacementCommand.newBuilder().setCreateKeyspace(MapMessages.write(plan)).build());
    } catch (PlanRefusedException later) {
      log.debug("keyspace '{}' has to wait: {}", keyspace.name(), later.getMessage());
      return Optional.empty();
    }
  }

  private void propose(PlacementCommand command) {
    busy = true;
    BiConsumer<PlacementResult, Throwable> done =
        (result, failed) -> {
          if (failed != null) {
            log.info("{} has to be tried again: {}", command.getKindCase(), failed.getMessage());
          } else if (result.getErrorCode() != 0) {
            log.warn("{} was refused: {}", command.getKindCase(), result.getMessage());
          } else {
            log.info("{} done at revision {}", command.getKindCase(), result.getRevision());
          }
          busy = false;
        };
    gate.propose(command).whenComplete(done);
  }
}
