package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.plan.Heat;
import io.flotilla.placement.plan.HeatPolicy;
import io.flotilla.placement.plan.LoadView;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.placement.LoadReport;
import io.flotilla.proto.placement.ShardReport;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Sees for how long shards have been asked too much. Volatile: a new leader of placement begins
 * anew, as does whatever changes a shard's leader or keys. Only for the desk's thread.
 */
final class HeatWatch {
  private record Hot(long leader, long version, long sinceNanos) {
    boolean is(long node, Shard shard) {
      return leader == node && version == shard.epoch().version();
    }
  }

  private final ReportTable reports;
  private final HeatPolicy policy;
  private final Map<Long, Hot> hot = new HashMap<>();

  HeatWatch(ReportTable reports, HeatPolicy policy) {
    this.reports = reports;
    this.policy = policy;
  }

  void leadershipBegan() {
    hot.clear();
  }

  /** What shards are asked, by the reports of those that lead them. */
  Map<Long, Heat> heats(ClusterView view, LoadView load, long nowNanos) {
    Map<Long, Heat> heats = new HashMap<>();
    load.leaders()
        .forEach(
            (id, leader) -> {
              Shard shard = view.shard(id).orElseThrow();
              report(leader, shard)
                  .map(report -> heat(report, leader, shard, nowNanos))
                  .ifPresent(heat -> heats.put(id, heat));
            });
    hot.keySet().retainAll(heats.keySet());
    return heats;
  }

  /** Not of before the shard was cut, nor of a cut that the map does not show yet. */
  private Optional<LoadReport> report(long leader, Shard shard) {
    return reports
        .reportOf(leader, shard.id())
        .filter(report -> report.getEpoch().getVersion() == shard.epoch().version())
        .filter(ShardReport::hasLoad)
        .map(ShardReport::getLoad);
  }

  private Heat heat(LoadReport report, long leader, Shard shard, long nowNanos) {
    Heat heat =
        new Heat(
            report.getOperationsPerSecond(),
            false,
            report.getSampled(),
            MapMessages.read(report.getCut()),
            report.getLesserPercent());
    if (!policy.isHot(heat)) {
      hot.remove(shard.id());
      return heat;
    }
    Hot since =
        hot.compute(
            shard.id(),
            (id, known) ->
                known != null && known.is(leader, shard)
                    ? known
                    : new Hot(leader, shard.epoch().version(), nowNanos));
    boolean lasts =
        nowNanos - since.sinceNanos() >= TimeUnit.MILLISECONDS.toNanos(policy.lastsMillis());
    return new Heat(heat.operations(), lasts, heat.sampled(), heat.cut(), heat.lesserPercent());
  }
}
