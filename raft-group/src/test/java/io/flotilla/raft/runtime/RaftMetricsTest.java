package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Timer;
import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.RaftEvent;
import io.flotilla.raft.core.RaftMessage.Conflict;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.StorageException;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is counted under which name, and that each name of the catalogue is counted. */
class RaftMetricsTest {
  private static final GroupId GROUP = new GroupId(1);
  private static final ReplicaId SELF = new ReplicaId(1);

  private final MetricRegistry registry = new MetricRegistry();
  private final RaftMetrics metrics = new RaftMetrics(registry);
  private final ManualLog log = new ManualLog();
  private final RaftRuntime<Journal.Round> runtime =
      new RaftRuntime<>(
          new RuntimeConfig(
              new NodeId(1),
              1,
              1,
              1,
              Duration.ofMillis(100),
              Duration.ZERO,
              CoreConfig.DEFAULT,
              RuntimeLimits.DEFAULT),
          new RuntimePorts<>(
              log,
              parcels -> {},
              new Journal.Store(),
              NoSnapshots.ports(),
              () -> 0,
              () -> 0,
              (min, max) -> min,
              metrics,
              failure -> {
                throw new AssertionError(failure);
              }));

  @AfterEach
  void close() {
    runtime.close();
  }

  private void happened(RaftEvent event) {
    metrics.happened(GROUP, SELF, event);
  }

  private long count(RaftMetric metric) {
    return registry.counter(metric.id()).getCount();
  }

  private long gauge(RaftMetric metric) {
    return (Long) registry.getGauges().get(metric.id()).getValue();
  }

  /** All counters that are not 0. */
  private Map<RaftMetric, Long> counted() {
    Map<RaftMetric, Long> counted = new EnumMap<>(RaftMetric.class);
    for (RaftMetric metric : RaftMetric.values()) {
      if (registry.getCounters().containsKey(metric.id()) && count(metric) != 0) {
        counted.put(metric, count(metric));
      }
    }
    return counted;
  }

  @Test
  void theRegistryHoldsTheCatalogueAndNothingElse() {
    assertThat(registry.getGauges()).isEmpty();
    metrics.watch(runtime, log);
    assertThat(registry.getNames())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(RaftMetric.values()).map(RaftMetric::id).toList())
        .allMatch(name -> name.matches("raft(\\.[a-z]+(-[a-z]+)*)+"));
    assertThat(registry.getGauges().keySet())
        .containsExactlyInAnyOrder(RaftMetric.APPLY_BACKLOG.id(), RaftMetric.LOG_BACKLOG.id());
    assertThat(registry.getTimers().keySet()).containsExactly(RaftMetric.LOG_SYNC_TIME.id());
    assertThat(registry.getHistograms().keySet())
        .containsExactlyInAnyOrder(
            RaftMetric.HAND_OVER_GROUPS.id(),
            RaftMetric.APPLY_ROUND_ENTRIES.id(),
            RaftMetric.LOG_SYNC_HAND_OVERS.id());
  }

  @Test
  void electionsAndTheirEnds() {
    happened(new RaftEvent.ElectionStarted(2, true));
    happened(new RaftEvent.ElectionStarted(2, false));
    happened(new RaftEvent.LeaderElected(2));
    happened(new RaftEvent.SteppedDown(2, false));
    happened(new RaftEvent.SteppedDown(3, true));
    happened(new RaftEvent.Following(4, Optional.empty()));
    assertThat(counted())
        .isEqualTo(
            Map.of(
                RaftMetric.ELECTIONS_STARTED, 2L,
                RaftMetric.ELECTIONS_WON, 1L,
                RaftMetric.LEADERSHIPS_LOST, 2L,
                RaftMetric.QUORUMS_LOST, 1L));
  }

  @Test
  void logsThatPart() {
    happened(new RaftEvent.AppendRefused(new ReplicaId(2), new Conflict(4, 0, 0, 3)));
    happened(new RaftEvent.ConflictOverwritten(4, 4));
    happened(new RaftEvent.ConflictOverwritten(7, 9));
    assertThat(counted())
        .isEqualTo(Map.of(RaftMetric.APPENDS_REFUSED, 1L, RaftMetric.ENTRIES_OVERWRITTEN, 1L + 3));
  }

  @Test
  void batchesAreCountedAndMeasured() {
    metrics.appended(3, 10);
    metrics.appended(1, 1);
    metrics.applied(2, 8, 5);
    Histogram groups = registry.histogram(RaftMetric.HAND_OVER_GROUPS.id());
    assertThat(groups.getSnapshot().getValues()).containsExactlyInAnyOrder(1, 3);
    Histogram entries = registry.histogram(RaftMetric.APPLY_ROUND_ENTRIES.id());
    assertThat(entries.getSnapshot().getValues()).containsExactly(8);
    assertThat(counted())
        .isEqualTo(
            Map.of(
                RaftMetric.ENTRIES_APPENDED, 11L,
                RaftMetric.ENTRIES_APPLIED, 8L,
                RaftMetric.PROPOSALS_ACKNOWLEDGED, 5L));
  }

  @Test
  void whatIsTurnedAway() {
    metrics.refused();
    metrics.refused();
    metrics.dropped(4);
    metrics.stopped(GROUP, SELF, new IllegalStateException("poison"));
    assertThat(counted())
        .isEqualTo(
            Map.of(
                RaftMetric.REQUESTS_REFUSED, 2L,
                RaftMetric.PARCELS_DROPPED, 4L,
                RaftMetric.REPLICAS_STOPPED, 1L));
  }

  @Test
  void snapshotsAndCuts() {
    metrics.cut(GROUP, 10);
    metrics.cut(GROUP, 20);
    metrics.imaged(GROUP, 25);
    metrics.restored(GROUP, 25);
    assertThat(counted())
        .isEqualTo(
            Map.of(
                RaftMetric.LOGS_CUT, 2L,
                RaftMetric.IMAGES_TAKEN, 1L,
                RaftMetric.SNAPSHOTS_RESTORED, 1L));
  }

  @Test
  void syncsOfTheLog() {
    metrics.synced(3, 4096, 2_000_000);
    metrics.synced(1, 100, 1_000_000);
    assertThat(counted()).isEqualTo(Map.of(RaftMetric.LOG_SYNCS, 2L, RaftMetric.LOG_SYNCED, 4196L));
    Timer time = registry.timer(RaftMetric.LOG_SYNC_TIME.id());
    assertThat(time.getSnapshot().getValues()).containsExactlyInAnyOrder(1_000_000, 2_000_000);
    Histogram handOvers = registry.histogram(RaftMetric.LOG_SYNC_HAND_OVERS.id());
    assertThat(handOvers.getSnapshot().getValues()).containsExactlyInAnyOrder(1, 3);
  }

  /** A runtime of one group, from its election to its first result. */
  @Test
  void aRuntimeThatTellsThem() throws Exception {
    metrics.watch(runtime, log);
    Membership alone = Membership.of(List.of(new Membership.Member(SELF, 1)));
    RaftGroup group = runtime.open(new GroupSpec(GROUP, SELF, alone, 0, true), new Journal());
    for (int i = 0; i < 4; i++) {
      turn("raft-loop");
      log.makeAllDurable();
      turn("raft-apply");
    }
    assertThat(count(RaftMetric.ELECTIONS_WON)).isEqualTo(1);
    assertThat(count(RaftMetric.ENTRIES_APPLIED)).as("its no-op").isEqualTo(1);
    assertThat(gauge(RaftMetric.APPLY_BACKLOG)).isZero();

    CompletableFuture<byte[]> result = group.propose(new byte[100]);
    turn("raft-loop");
    log.makeAllDurable();
    turn("raft-loop");
    assertThat(gauge(RaftMetric.APPLY_BACKLOG)).isBetween(100L, 200L);
    assertThat(count(RaftMetric.PROPOSALS_ACKNOWLEDGED)).isZero();
    turn("raft-apply");
    assertThat(result).isCompleted();
    assertThat(gauge(RaftMetric.APPLY_BACKLOG)).isZero();
    assertThat(counted())
        .containsEntry(RaftMetric.ENTRIES_APPENDED, 2L)
        .containsEntry(RaftMetric.ENTRIES_APPLIED, 2L)
        .containsEntry(RaftMetric.PROPOSALS_ACKNOWLEDGED, 1L)
        .doesNotContainKeys(RaftMetric.REQUESTS_REFUSED, RaftMetric.REPLICAS_STOPPED);

    log.backlogBytes = 77;
    assertThat(gauge(RaftMetric.LOG_BACKLOG)).isEqualTo(77);
    log.backlogBytes = Long.MAX_VALUE;
    assertThat(group.propose(new byte[1])).isCompletedExceptionally();
    assertThat(count(RaftMetric.REQUESTS_REFUSED)).isEqualTo(1);
  }

  private void turn(String prefix) throws StorageException {
    for (Agent agent : runtime.agents()) {
      if (agent.name().startsWith(prefix)) {
        agent.turn();
      }
    }
  }
}
