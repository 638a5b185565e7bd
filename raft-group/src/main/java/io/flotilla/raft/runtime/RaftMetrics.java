package io.flotilla.raft.runtime;

import com.codahale.metrics.Counter;
import com.codahale.metrics.Gauge;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.LogStoreListener;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Counts what a runtime and its log store do; the catalogue is {@link RaftMetric}. */
public final class RaftMetrics implements RaftListener, LogStoreListener {
  private final MetricRegistry registry;
  private final Map<RaftMetric, Counter> counters = new EnumMap<>(RaftMetric.class);
  private final Histogram handOverGroups;
  private final Histogram applyRoundEntries;
  private final Histogram syncHandOvers;
  private final Timer syncTime;

  public RaftMetrics(MetricRegistry registry) {
    this.registry = registry;
    for (RaftMetric metric : RaftMetric.values()) {
      if (isCounter(metric)) {
        counters.put(metric, registry.counter(metric.id()));
      }
    }
    handOverGroups = registry.histogram(RaftMetric.HAND_OVER_GROUPS.id());
    applyRoundEntries = registry.histogram(RaftMetric.APPLY_ROUND_ENTRIES.id());
    syncHandOvers = registry.histogram(RaftMetric.LOG_SYNC_HAND_OVERS.id());
    syncTime = registry.timer(RaftMetric.LOG_SYNC_TIME.id());
  }

  private static boolean isCounter(RaftMetric metric) {
    return switch (metric) {
      case HAND_OVER_GROUPS,
          APPLY_ROUND_ENTRIES,
          APPLY_BACKLOG,
          LOG_SYNC_TIME,
          LOG_SYNC_HAND_OVERS,
          LOG_BACKLOG ->
          false;
      default -> true;
    };
  }

  /** Adds what is looked at rather than counted, once there is something to look at. */
  public void watch(RaftRuntime<?> runtime, LogStore log) {
    Gauge<Long> applyBacklog = runtime::applyBacklogBytes;
    Gauge<Long> logBacklog = log::backlogBytes;
    registry.gauge(RaftMetric.APPLY_BACKLOG.id(), () -> applyBacklog);
    registry.gauge(RaftMetric.LOG_BACKLOG.id(), () -> logBacklog);
  }

  private void count(RaftMetric metric, long times) {
    Counter counter = counters.get(metric);
    if (counter == null) {
      throw new IllegalArgumentException(metric + " is not a counter");
    }
    counter.inc(times);
  }

  @Override
  public void happened(GroupId group, ReplicaId self, RaftEvent event) {
    if (event instanceof RaftEvent.ElectionStarted) {
      count(RaftMetric.ELECTIONS_STARTED, 1);
    } else if (event instanceof RaftEvent.LeaderElected) {
      count(RaftMetric.ELECTIONS_WON, 1);
    } else if (event instanceof RaftEvent.SteppedDown down) {
      count(RaftMetric.LEADERSHIPS_LOST, 1);
      count(RaftMetric.QUORUMS_LOST, down.quorumLost() ? 1 : 0);
    } else if (event instanceof RaftEvent.AppendRefused) {
      count(RaftMetric.APPENDS_REFUSED, 1);
    } else if (event instanceof RaftEvent.ConflictOverwritten conflict) {
      count(RaftMetric.ENTRIES_OVERWRITTEN, conflict.lastIndex() - conflict.fromIndex() + 1);
    }
  }

  @Override
  public void appended(int groups, int entries) {
    count(RaftMetric.ENTRIES_APPENDED, entries);
    handOverGroups.update(groups);
  }

  @Override
  public void applied(int groups, int entries, int acknowledged) {
    count(RaftMetric.ENTRIES_APPLIED, entries);
    count(RaftMetric.PROPOSALS_ACKNOWLEDGED, acknowledged);
    applyRoundEntries.update(entries);
  }

  @Override
  public void refused() {
    count(RaftMetric.REQUESTS_REFUSED, 1);
  }

  @Override
  public void dropped(int parcels) {
    count(RaftMetric.PARCELS_DROPPED, parcels);
  }

  @Override
  public void cut(GroupId group, long upTo) {
    count(RaftMetric.LOGS_CUT, 1);
  }

  @Override
  public void imaged(GroupId group, long index) {
    count(RaftMetric.IMAGES_TAKEN, 1);
  }

  @Override
  public void restored(GroupId group, long index) {
    count(RaftMetric.SNAPSHOTS_RESTORED, 1);
  }

  @Override
  public void stopped(GroupId group, ReplicaId self, Throwable cause) {
    count(RaftMetric.REPLICAS_STOPPED, 1);
  }

  @Override
  public void synced(int appends, long bytes, long nanos) {
    count(RaftMetric.LOG_SYNCS, 1);
    count(RaftMetric.LOG_SYNCED, bytes);
    syncHandOvers.update(appends);
    syncTime.update(nanos, TimeUnit.NANOSECONDS);
  }
}
