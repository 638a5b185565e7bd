package io.flotilla.placement.plan;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Split;
import java.util.List;
import java.util.Optional;

/**
 * What placement should do now, as a function of what is. The schedulers act one after the other on
 * one {@link Draft}: what keeps data safe first, then what somebody asked for, then evenness. A
 * plan that is carried out is not planned again, and what it has done is never undone: with nothing
 * else happening, plans come to an end.
 */
public final class Planner {
  /** Names what is said of all that is planned, or is not. */
  static final String CLUSTER = "cluster";

  private static final List<Scheduler> ALWAYS =
      List.of(
          Evacuation.OF_THE_DEAD,
          Evacuation.OF_THE_LOST,
          new Replenishment(),
          Evacuation.OF_THE_DRAINING,
          new Growth());
  private static final List<Scheduler> WHILE_BALANCING =
      List.of(
          new Spread(),
          new SizeSplit(),
          new LoadSplit(),
          new MergeSmall(),
          new MergeAlignment(),
          new ReplicaBalance(),
          new LeaderBalance());

  private Planner() {}

  /**
   * What is to begin now, unasked. A pure function: the same arguments give the same plan. Jobs
   * that are under way count as done, so that nothing is planned twice. Repair comes first, then
   * the replicas that are lacking, draining, and the shards that were asked for; then what evens
   * out. Costs some tens of milliseconds for 10,000 shards; any thread.
   */
  public static Plan plan(ClusterView view, LoadView load, Policy policy) {
    return plan(view, load, policy, Journal.NONE);
  }

  /** The same plan, with why this shard is left as it is, or is not. */
  public static Plan explainShard(ClusterView view, LoadView load, Policy policy, long shard) {
    return plan(view, load, policy, Journal.ofShard(shard));
  }

  /** The same plan, with why this node's replicas stay, or do not. */
  public static Plan explainNode(ClusterView view, LoadView load, Policy policy, long node) {
    return plan(view, load, policy, Journal.ofNode(node));
  }

  /** The same plan, with what is to be said of no shard and no node in particular. */
  public static Plan explain(ClusterView view, LoadView load, Policy policy) {
    return plan(view, load, policy, Journal.ofCluster());
  }

  /** What is to begin for the shards that are asked for of a keyspace, and what stops it. */
  public static Plan explainGrowth(ClusterView view, LoadView load, Policy policy, int keyspace) {
    Draft draft = new Draft(view, load, policy, Journal.ofCluster());
    if (!isStopped(draft)) {
      ALWAYS.forEach(scheduler -> scheduler.plan(draft));
    }
    List<Job> splits =
        draft.jobs().stream()
            .filter(Split.class::isInstance)
            .filter(job -> draft.piece(job.shard()).orElseThrow().keyspace() == keyspace)
            .toList();
    return new Plan(splits, draft.journal().findings());
  }

  private static boolean isStopped(Draft draft) {
    Optional<String> stop = Rule.firstOf(List.of(ClusterRule.values()), draft);
    stop.ifPresent(why -> draft.journal().found(CLUSTER, 0, 0, () -> why));
    return stop.isPresent();
  }

  private static Plan plan(ClusterView view, LoadView load, Policy policy, Journal journal) {
    Draft draft = new Draft(view, load, policy, journal);
    if (isStopped(draft)) {
      return new Plan(List.of(), journal.findings());
    }
    ALWAYS.forEach(scheduler -> scheduler.plan(draft));
    if (view.settings().balance()) {
      WHILE_BALANCING.forEach(scheduler -> scheduler.plan(draft));
    } else {
      journal.found(
          CLUSTER, 0, 0, () -> "balancing is off: only repair, drain and growth are planned");
    }
    return new Plan(draft.jobs(), journal.findings());
  }
}
