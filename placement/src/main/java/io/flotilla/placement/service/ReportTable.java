package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.plan.LoadView;
import io.flotilla.placement.plan.Silence;
import io.flotilla.proto.placement.Leader;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.rpc.ReportBuckets;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What nodes have told this member: who is alive, who leads which shard, how far replicas are. None
 * of it outlives the process, and a new leader learns it again within one report of each node. Only
 * for the desk's thread. Times are {@link System#nanoTime}.
 *
 * <p>A claim to lead wins over one of a lower term, and over nobody. Each change of a leader gets a
 * number, so that a watcher can be told those it has not seen.
 */
final class ReportTable {
  private static final class NodeReports {
    final TreeMap<Long, ShardReport> byShard = new TreeMap<>();
    long heardNanos;

    /** Nodes of which it has said that it hears them, or does not. */
    Set<Long> hears = Set.of();

    Set<Long> misses = Set.of();

    /** Since then it has been heard without a gap. */
    long backNanos;
  }

  private record Hint(long number, Leader leader) {}

  private final long silentNanos;
  private final Map<Long, NodeReports> nodes = new HashMap<>();
  private final Map<Long, Hint> hints = new HashMap<>();
  private final TreeMap<Long, Leader> byNumber = new TreeMap<>();
  private long sinceNanos;
  private long lastHint;

  /**
   * @param nowNanos until {@code silentNanos} after it, no node is taken for silent
   */
  ReportTable(long silentNanos, long nowNanos) {
    this.silentNanos = silentNanos;
    this.sinceNanos = nowNanos;
  }

  /** Reports come here from now on: nodes that reported elsewhere so far are not yet silent. */
  void leadershipBegan(long nowNanos) {
    sinceNanos = nowNanos;
  }

  /** A node that has just started, and has nothing to report yet. */
  void returned(long node, long nowNanos) {
    NodeReports reports = nodes.computeIfAbsent(node, id -> new NodeReports());
    reports.heardNanos = nowNanos;
    reports.backNanos = nowNanos;
  }

  /** A sign of life. */
  void heard(long node, long nowNanos) {
    boolean gap = reportsOf(node).isEmpty() || !isAlive(node, nowNanos);
    NodeReports reports = nodes.computeIfAbsent(node, id -> new NodeReports());
    reports.heardNanos = nowNanos;
    reports.backNanos = gap ? nowNanos : reports.backNanos;
  }

  /**
   * Takes what {@code report} says of the shards in {@code view}, and keeps what it says of those
   * that were cut off from them and are not in the map yet.
   */
  void record(ReportRequest report, ClusterView view, long nowNanos) {
    heard(report.getNode(), nowNanos);
    NodeReports reports = reportsOf(report.getNode()).orElseThrow();
    reports.hears = Set.copyOf(report.getHeardList());
    reports.misses = Set.copyOf(report.getUnheardList());
    Map<Long, ShardReport> byShard = reports.byShard;
    Set<Long> gone = untold(report, byShard.keySet());
    gone.addAll(report.getGoneList());
    for (long shard : gone) {
      resign(report.getNode(), shard, leaderOf(shard).getTerm());
      byShard.remove(shard);
    }
    for (ShardReport shard : report.getShardsList()) {
      boolean known = view.shards().containsKey(shard.getShard());
      if (known || shard.getShard() < view.freshIds().shard()) {
        byShard.put(shard.getShard(), shard);
      }
      if (known) {
        take(report.getNode(), shard);
      }
    }
  }

  /** Of those that were told before, the ones that are no more: most reports tell only changes. */
  private static Set<Long> untold(ReportRequest report, Set<Long> before) {
    Set<Long> untold = new HashSet<>();
    if (report.getComplete() || report.getFullBucketsCount() > 0) {
      Set<Integer> full = Set.copyOf(report.getFullBucketsList());
      untold.addAll(before);
      untold.removeIf(shard -> !report.getComplete() && !full.contains(ReportBuckets.of(shard)));
      report.getShardsList().forEach(shard -> untold.remove(shard.getShard()));
    }
    return untold;
  }

  /** Whether what is held of the node is not what it has told, by the bucket that it names. */
  boolean differs(ReportRequest report) {
    int bucket = report.getBucket().getBucket();
    return report.hasBucket()
        && reportsOf(report.getNode())
            .filter(
                known -> ReportBuckets.hash(bucket, known.byShard) == report.getBucket().getHash())
            .isEmpty();
  }

  private void take(long node, ShardReport shard) {
    if (shard.getLeader()) {
      claim(node, shard.getShard(), shard.getTerm());
    } else {
      resign(node, shard.getShard(), shard.getTerm());
    }
  }

  /** What removed nodes have said is forgotten. */
  void nodesVanishedBut(Set<Long> inMap) {
    nodes.keySet().retainAll(inMap);
  }

  /** A shard has come into the map: what was said of it before counts now. */
  void shardAppeared(long shard) {
    nodes.forEach(
        (node, reports) ->
            Optional.ofNullable(reports.byShard.get(shard))
                .ifPresent(report -> take(node, report)));
  }

  /** A shard has left the map: nobody leads it any more, whatever is left of it on some nodes. */
  void shardVanished(long shard) {
    Optional.ofNullable(hints.remove(shard)).ifPresent(hint -> byNumber.remove(hint.number()));
  }

  /** The same for all that are not in the map, whichever have left it. */
  void shardsVanishedBut(Set<Long> inMap) {
    Set<Long> vanished = new HashSet<>(hints.keySet());
    vanished.removeAll(inMap);
    vanished.forEach(this::shardVanished);
  }

  /**
   * Whether a shard's leader has said that all of its replicas have durably applied what froze it,
   * as it is in the map. That stays true, whoever leads it now.
   */
  boolean isSettled(Shard shard) {
    return shard.replicas().stream()
        .flatMap(replica -> reportOf(replica.node(), shard.id()).stream())
        .anyMatch(
            report ->
                report.getSettled() && report.getEpoch().getVersion() == shard.epoch().version());
  }

  private void claim(long node, long shard, long term) {
    Leader known = leaderOf(shard);
    if (term > known.getTerm() || (term == known.getTerm() && known.getNode() == 0)) {
      hint(shard, node, term);
    }
  }

  private void resign(long node, long shard, long term) {
    Leader known = leaderOf(shard);
    if (known.getNode() == node && term >= known.getTerm()) {
      hint(shard, 0, term);
    }
  }

  private void hint(long shard, long node, long term) {
    Leader leader = Leader.newBuilder().setShard(shard).setNode(node).setTerm(term).build();
    Hint next = new Hint(++lastHint, leader);
    Hint before = hints.put(shard, next);
    byNumber.put(next.number(), leader);
    if (before != null) {
      byNumber.remove(before.number());
    }
  }

  /** Number of the newest change of a leader; 0 if there was none. */
  long lastHint() {
    return lastHint;
  }

  /** Leaders that changed after hint {@code number}. */
  Collection<Leader> leadersSince(long number) {
    return List.copyOf(byNumber.tailMap(number, false).values());
  }

  /** Node 0 and term 0 if nobody ever claimed to lead it. */
  Leader leaderOf(long shard) {
    return Optional.ofNullable(hints.get(shard))
        .map(Hint::leader)
        .orElse(Leader.getDefaultInstance());
  }

  /** The node that leads, as long as it is in the map and not silent. */
  Optional<Long> heardLeader(long shard, ClusterView view, long nowNanos) {
    long node = leaderOf(shard).getNode();
    return view.nodes().containsKey(node) && isAlive(node, nowNanos)
        ? Optional.of(node)
        : Optional.empty();
  }

  Optional<ShardReport> reportOf(long node, long shard) {
    return reportsOf(node).flatMap(reports -> Optional.ofNullable(reports.byShard.get(shard)));
  }

  /** What its node has said of this very replica. */
  Optional<ShardReport> reportOf(Replica replica, long shard) {
    return reportOf(replica.node(), shard).filter(report -> report.getReplica() == replica.id());
  }

  /** Of how many shards a node has data, in the map or not, as it said last. */
  long held(long node) {
    return reportsOf(node)
        .map(reports -> reports.byShard.values().stream().filter(r -> r.getApplied() > 0).count())
        .orElse(0L);
  }

  long silentNanos(long node, long nowNanos) {
    long since = sinceNanos;
    long heard = reportsOf(node).map(reports -> reports.heardNanos).orElse(since);
    return Math.max(0, nowNanos - (heard - since > 0 ? heard : since));
  }

  long silentMillis(long node, long nowNanos) {
    return TimeUnit.NANOSECONDS.toMillis(silentNanos(node, nowNanos));
  }

  boolean isAlive(long node, long nowNanos) {
    return silentNanos(node, nowNanos) < silentNanos;
  }

  /** Whether it has told this leader so itself: at first nobody is silent, nor heard. */
  boolean isHeard(long node, long nowNanos) {
    return isAlive(node, nowNanos) && heardByThisLeader(node).isPresent();
  }

  private Optional<NodeReports> heardByThisLeader(long node) {
    return reportsOf(node).filter(heard -> heard.heardNanos - sinceNanos >= 0);
  }

  /** How a silent node is, by what the others say. */
  LoadView.Health judge(long node, ClusterView view, long nowNanos, long deadNanos) {
    boolean isLong = silentNanos(node, nowNanos) >= deadNanos;
    Set<Long> others = othersHeard(node, view, nowNanos);
    int missing = (int) said(others).filter(other -> other.misses.contains(node)).count();
    return new Silence(isLong, others.size(), hearing(node, others), missing).judge();
  }

  /** How many nodes have said that they hear a silent one. */
  int heardBy(long node, ClusterView view, long nowNanos) {
    return isAlive(node, nowNanos) ? 0 : hearing(node, othersHeard(node, view, nowNanos));
  }

  private int hearing(long node, Set<Long> others) {
    return (int) said(others).filter(other -> other.hears.contains(node)).count();
  }

  private Stream<NodeReports> said(Set<Long> others) {
    return others.stream().map(this::reportsOf).flatMap(Optional::stream);
  }

  private Set<Long> othersHeard(long node, ClusterView view, long nowNanos) {
    Set<Long> others = new HashSet<>(view.nodes().keySet());
    others.removeIf(other -> other == node || !isAlive(other, nowNanos));
    return others;
  }

  /** Registered nodes that have been silent for too long. */
  Set<Long> silentNodes(ClusterView view, long nowNanos) {
    Set<Long> silent = new HashSet<>(view.nodes().keySet());
    silent.removeIf(node -> isAlive(node, nowNanos));
    return silent;
  }

  /**
   * What plans need of all this.
   *
   * @param deadNanos a node silent for so long is dead, if the others do not hear it either
   * @param steadyNanos a node heard for so long is steady
   * @param endedLately as {@link LoadView} has it
   */
  LoadView load(
      ClusterView view, long nowNanos, long deadNanos, long steadyNanos, Set<Long> endedLately) {
    Map<Long, LoadView.Health> health = new HashMap<>();
    Map<Long, Long> bytes = new HashMap<>();
    Set<Long> lost = new HashSet<>();
    Set<Long> stopped = new HashSet<>();
    for (long node : view.nodes().keySet()) {
      health.put(node, health(node, view, nowNanos, deadNanos, steadyNanos));
      reportsOf(node)
          .ifPresent(
              reports ->
                  reports.byShard.forEach(
                      (shard, report) -> {
                        if (report.getLost()) {
                          lost.add(report.getReplica());
                        }
                        if (report.getLost() && report.hasEpoch()) { // or it is not open
                          stopped.add(report.getReplica());
                        }
                        if (isOfRange(report, view)) {
                          bytes.merge(shard, report.getApproximateBytes(), Math::max);
                        }
                      }));
    }
    Map<Long, Long> leaders = new HashMap<>();
    for (long shard : view.shards().keySet()) {
      heardLeader(shard, view, nowNanos).ifPresent(node -> leaders.put(shard, node));
    }
    boolean settled = nowNanos - sinceNanos >= silentNanos;
    return new LoadView(
        settled, health, leaders, bytes, Map.of(), endedLately, Set.of(), lost, stopped);
  }

  /** Not weighed before the shard was cut: it would be cut again for what is another's now. */
  private static boolean isOfRange(ShardReport report, ClusterView view) {
    return view.shard(report.getShard())
        .filter(shard -> report.getEpoch().getVersion() >= shard.epoch().version())
        .isPresent();
  }

  private LoadView.Health health(
      long node, ClusterView view, long nowNanos, long deadNanos, long steadyNanos) {
    if (!isAlive(node, nowNanos)) {
      return judge(node, view, nowNanos, deadNanos);
    }
    Optional<NodeReports> reports = heardByThisLeader(node);
    if (reports.isEmpty()) {
      return LoadView.Health.FRESH; // not heard by this leader yet, and not missed yet
    }
    long since = Math.max(0, reports.get().backNanos - sinceNanos) + sinceNanos;
    return nowNanos - since < steadyNanos ? LoadView.Health.FRESH : LoadView.Health.STEADY;
  }

  private Optional<NodeReports> reportsOf(long node) {
    return Optional.ofNullable(nodes.get(node));
  }
}
