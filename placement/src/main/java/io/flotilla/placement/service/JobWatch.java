package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Recovery;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;
import io.flotilla.placement.plan.LoadView;
import io.flotilla.proto.placement.EndJob;
import io.flotilla.proto.placement.JobEnd;
import io.flotilla.proto.placement.JobRefusal;
import io.flotilla.proto.placement.ShardReport;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Sees which jobs are over though no descriptor says so: leadership that was handed over, what a
 * node refuses to do, what comes to nothing. What it remembers is volatile: a new leader of
 * placement gives each job its full time again. Only for the desk's thread.
 */
final class JobWatch {
  private static final Duration TRANSFER_PATIENCE = Duration.ofSeconds(15);
  private static final Duration SPLIT_PATIENCE = Duration.ofSeconds(60);

  /**
   * One of the two does not serve meanwhile. That may last longer: each new leader of placement
   * begins anew, for how long a shard is frozen already, no two clocks could agree upon.
   */
  private static final Duration MERGE_PATIENCE = Duration.ofSeconds(60);

  /**
   * Without anything to be seen of it: a snapshot that is fetched can be, one in a queue cannot.
   */
  private static final Duration MOVE_PATIENCE = Duration.ofMinutes(10);

  private static final Duration LEAVING_OUT_PATIENCE = Duration.ofSeconds(60);
  private static final Duration ENDING_COUNTS = Duration.ofMinutes(10);
  private static final int WHY_CHARS_MAX = 300;

  private final ReportTable reports;
  private final long deadNanos;
  private final Map<Long, Long> seenNanos = new HashMap<>();
  private final Map<Long, String> refusals = new HashMap<>();
  private final Map<Long, Long> endedNanos = new HashMap<>();

  /** By job, how far a move had come when it was last seen to get on. */
  private final Map<Long, Step> steps = new HashMap<>();

  /** By node, when a move there was given up because nothing came of it. */
  private final Map<Long, Long> inVainNanos = new HashMap<>();

  private ClusterView known = ClusterView.EMPTY;

  /**
   * @param deadNanos a node silent for so long is dead
   */
  JobWatch(ReportTable reports, long deadNanos) {
    this.reports = reports;
    this.deadNanos = deadNanos;
  }

  void leadershipBegan() {
    seenNanos.clear();
    refusals.clear();
    endedNanos.clear();
    steps.clear();
    inVainNanos.clear();
  }

  /**
   * @param epoch the shard's, which each change of its members raises
   * @param leader the node that leads it, if it is not silent: who else should bring anything?
   * @param arrived what the node it goes to has said of it
   */
  private record Step(
      Epoch epoch, Optional<Long> leader, Optional<ShardReport> arrived, long nanos) {
    boolean isAt(Step other) {
      return epoch.equals(other.epoch)
          && leader.equals(other.leader)
          && arrived.equals(other.arrived);
    }
  }

  /** Takes what nodes say of their orders. */
  void refused(List<JobRefusal> said) {
    for (JobRefusal refusal : said) {
      if (known.job(refusal.getJob()).isPresent()) {
        String why = refusal.getWhy();
        refusals.put(refusal.getJob(), why.substring(0, Math.min(why.length(), WHY_CHARS_MAX)));
      }
    }
  }

  /** Whether a node has said that it cannot do what this job asks of it. */
  boolean isRefused(Job job) {
    return refusals.containsKey(job.id());
  }

  /**
   * Jobs that ended not long ago, as far as this leader of placement can tell: of those that ended
   * before its time, all.
   */
  Set<Long> endedLately(ClusterView view, long nowNanos) {
    endedNanos.keySet().retainAll(view.ended().keySet());
    Set<Long> lately = new HashSet<>();
    for (long id : view.ended().keySet()) {
      long sinceNanos = endedNanos.computeIfAbsent(id, unknown -> nowNanos);
      if (nowNanos - sinceNanos < ENDING_COUNTS.toNanos()) {
        lately.add(id);
      }
    }
    return lately;
  }

  /** Nodes to which a move was given up not long ago because nothing came of it. */
  Set<Long> inVain(long nowNanos) {
    inVainNanos.values().removeIf(since -> nowNanos - since >= ENDING_COUNTS.toNanos());
    return Set.copyOf(inVainNanos.keySet());
  }

  /** The next job that is over, and how. */
  Optional<EndJob> over(ClusterView view, long nowNanos) {
    if (view.revision() != known.revision()) {
      known = view;
      Set<Long> underWay = new HashSet<>();
      view.jobs().values().forEach(job -> underWay.add(job.id()));
      seenNanos.keySet().retainAll(underWay);
      refusals.keySet().retainAll(underWay);
      steps.keySet().retainAll(underWay);
    }
    for (Job job : view.jobs().values()) {
      long ageNanos = nowNanos - seenNanos.computeIfAbsent(job.id(), id -> nowNanos);
      Optional<EndJob> end = over(job, view, nowNanos, ageNanos);
      if (end.isPresent()) {
        return end;
      }
    }
    return Optional.empty();
  }

  private Optional<EndJob> over(Job job, ClusterView view, long nowNanos, long ageNanos) {
    boolean tooLate = view.shard(job.shard()).flatMap(job::beyondCancelling).isPresent();
    if (tooLate) {
      return Optional.empty();
    }
    String refusal = refusals.get(job.id());
    return refusal == null
        ? job.as(new Verdict(view, nowNanos, ageNanos))
        : Optional.of(end(job, JobEnd.GIVEN_UP, refusal));
  }

  private static EndJob end(Job job, JobEnd end, String why) {
    return EndJob.newBuilder().setJob(job.id()).setEnd(end).setWhy(why).build();
  }

  private final class Verdict implements Job.Kinds<Optional<EndJob>> {
    private final ClusterView view;
    private final long nowNanos;
    private final long ageNanos;

    Verdict(ClusterView view, long nowNanos, long ageNanos) {
      this.view = view;
      this.nowNanos = nowNanos;
      this.ageNanos = ageNanos;
    }

    /** Rather at once than when its time is up: one of the two may be frozen. */
    @Override
    public Optional<EndJob> merge(Merge merge) {
      for (long shard : merge.shards()) {
        for (long node : view.shard(shard).map(Shard::nodes).orElseGet(TreeSet::new)) {
          if (!reports.isAlive(node, nowNanos)) {
            String why = "node " + node + " is silent, and it takes all replicas of both shards";
            return Optional.of(end(merge, JobEnd.GIVEN_UP, why));
          }
        }
      }
      return givenUpAfter(MERGE_PATIENCE, merge);
    }

    @Override
    public Optional<EndJob> move(Move move) {
      if (move.isLeavingOut()) {
        return leavingOut(move);
      }
      long to = move.to().node();
      String where = "node " + to + ", where it was to go, ";
      if (view.node(to).filter(Node::isDraining).isPresent()) {
        return Optional.of(end(move, JobEnd.GIVEN_UP, where + "is draining"));
      }
      if (isDead(to)) {
        return Optional.of(end(move, JobEnd.GIVEN_UP, where + "is dead"));
      }
      if (reports.reportOf(move.to(), move.shard()).filter(ShardReport::getLost).isPresent()) {
        inVainNanos.put(to, nowNanos);
        return Optional.of(end(move, JobEnd.GIVEN_UP, where + "has lost it again"));
      }
      return stoodNanos(move) < MOVE_PATIENCE.toNanos()
          ? Optional.empty()
          : Optional.of(end(move, JobEnd.GIVEN_UP, standstill(move, where)));
    }

    private Optional<EndJob> leavingOut(Move move) {
      boolean back =
          reports.reportOf(move.to(), move.shard()).filter(report -> !report.getLost()).isPresent();
      return back
          ? Optional.of(end(move, JobEnd.GIVEN_UP, "replica " + move.from() + " takes part again"))
          : givenUpAfter(LEAVING_OUT_PATIENCE, move);
    }

    /** Whom nobody could send anything is not to blame for it. */
    private String standstill(Move move, String where) {
      String time = " for " + MOVE_PATIENCE.toMinutes() + " minutes";
      if (reports.heardLeader(move.shard(), view, nowNanos).isEmpty()) {
        return "the shard had no leader that could bring it to node " + move.to().node() + time;
      }
      inVainNanos.put(move.to().node(), nowNanos);
      return where + "got nothing more of it" + time;
    }

    /** Since when a move has got no further, to anybody's knowledge. */
    private long stoodNanos(Move move) {
      Step now =
          new Step(
              view.shard(move.shard()).orElseThrow().epoch(),
              reports.heardLeader(move.shard(), view, nowNanos),
              reports.reportOf(move.to().node(), move.shard()),
              nowNanos);
      Step before = steps.computeIfAbsent(move.id(), id -> now);
      if (!before.isAt(now)) {
        steps.put(move.id(), now);
        return 0;
      }
      return nowNanos - before.nanos();
    }

    /**
     * As soon as its group may decide for itself again. Who is to go on may be away for a moment,
     * but if it is dead somebody has to choose again.
     */
    @Override
    public Optional<EndJob> recovery(Recovery recovery) {
      Shard shard = view.shard(recovery.shard()).orElseThrow();
      if (shard.hasMajority(each -> isHeard(each, shard))) {
        return Optional.of(
            end(recovery, JobEnd.GIVEN_UP, "a majority of the shard's voters is heard again"));
      }
      long leader = reports.leaderOf(shard.id()).getNode(); // of hearsay nobody's recovery ends
      long survivor = recovery.survivor().node();
      if (leader != 0 && leader != survivor && reports.isHeard(leader, nowNanos)) {
        return Optional.of(end(recovery, JobEnd.GIVEN_UP, "node " + leader + " leads the shard"));
      }
      return isDead(survivor)
          ? Optional.of(
              end(
                  recovery,
                  JobEnd.GIVEN_UP,
                  "node " + survivor + ", where it was to go on, is dead"))
          : Optional.empty();
    }

    private boolean isHeard(Replica replica, Shard shard) {
      return reports.isHeard(replica.node(), nowNanos)
          && reports.reportOf(replica, shard.id()).filter(ShardReport::getLost).isEmpty();
    }

    private boolean isDead(long node) {
      return !reports.isAlive(node, nowNanos)
          && reports.judge(node, view, nowNanos, deadNanos) == LoadView.Health.DEAD;
    }

    @Override
    public Optional<EndJob> split(Split split) {
      return givenUpAfter(SPLIT_PATIENCE, split);
    }

    @Override
    public Optional<EndJob> transfer(Transfer transfer) {
      long to = transfer.to().node();
      return reports.leaderOf(transfer.shard()).getNode() == to
          ? Optional.of(end(transfer, JobEnd.DONE, "node " + to + " leads"))
          : givenUpAfter(TRANSFER_PATIENCE, transfer);
    }

    private Optional<EndJob> givenUpAfter(Duration patience, Job job) {
      return ageNanos < patience.toNanos()
          ? Optional.empty()
          : Optional.of(
              end(
                  job,
                  JobEnd.GIVEN_UP,
                  "nothing had come of it after " + patience.toSeconds() + " s"));
    }
  }
}
