package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.plan.Heat;
import io.flotilla.placement.plan.HeatPolicy;
import io.flotilla.proto.placement.LoadReport;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Shard 1, of which 100 operations per second for 10 seconds are too much. */
final class HeatWatchTest {
  private static final long SECOND = 1_000_000_000L;

  private final ReportTable table = new ReportTable(5 * SECOND, 0);
  private final HeatWatch watch = new HeatWatch(table, new HeatPolicy(100, 10_000));
  private ClusterView view = ReportTableTest.view(3, 2);

  private void report(long node, long atSecond, long term, int version, long operations) {
    ShardReport.Builder shard =
        ShardReport.newBuilder()
            .setShard(1)
            .setTerm(term)
            .setLeader(true)
            .setEpoch(
                io.flotilla.proto.map.Epoch.newBuilder().setVersion(version).setConfVersion(1));
    if (operations > 0) {
      shard.setLoad(
          LoadReport.newBuilder()
              .setOperationsPerSecond(operations)
              .setSampled(true)
              .setCut(ByteString.copyFromUtf8("m"))
              .setLesserPercent(40));
    }
    table.record(
        ReportRequest.newBuilder().setNode(node).addShards(shard).build(), view, atSecond * SECOND);
  }

  private Heat heat(long atSecond) {
    long now = atSecond * SECOND;
    var load = table.load(view, now, 60 * SECOND, SECOND, Set.of());
    return load.with(watch.heats(view, load, now), Set.of()).heatOf(1);
  }

  private boolean lasts(long atSecond) {
    return heat(atSecond).lasts();
  }

  private void keepAlive(long atSecond) {
    for (long node = 1; node <= 3; node++) {
      table.heard(node, atSecond * SECOND);
    }
  }

  private void isHotFrom(long atSecond) {
    report(1, atSecond, 4, 1, 100);
    assertThat(lasts(atSecond)).isFalse();
    keepAlive(atSecond + 9);
    assertThat(lasts(atSecond + 9)).isFalse();
    keepAlive(atSecond + 10);
    assertThat(lasts(atSecond + 10)).isTrue();
  }

  @Test
  void lastsAfterSoLongWithoutAGap() {
    isHotFrom(0);
    assertThat(heat(10)).isEqualTo(new Heat(100, true, true, KeyBytes.of((byte) 'm'), 40));
    report(1, 11, 4, 1, 99);
    assertThat(lasts(11)).isFalse();
    isHotFrom(12);
  }

  @Test
  void anotherLeaderBeginsAnew() {
    isHotFrom(0);
    report(2, 11, 5, 1, 200);
    assertThat(heat(11).operations()).isEqualTo(200);
    assertThat(lasts(11)).isFalse();
    keepAlive(20);
    assertThat(lasts(20)).isFalse();
    keepAlive(21);
    assertThat(lasts(21)).isTrue();
  }

  @Test
  void aShardThatWasCutBeginsAnew() {
    isHotFrom(0);
    view = ReportTableTest.view(3, 2, new Epoch(2, 1));
    assertThat(heat(10)).as("of before the cut").isEqualTo(Heat.NONE);
    report(1, 10, 4, 2, 100);
    assertThat(lasts(10)).isFalse();
    keepAlive(20);
    assertThat(lasts(20)).isTrue();
  }

  @Test
  void aCutThatTheMapDoesNotShowIsWaitedFor() {
    report(1, 0, 4, 2, 500);
    assertThat(heat(0)).isEqualTo(Heat.NONE);
  }

  @Test
  void aNewLeaderOfPlacementBeginsAnew() {
    isHotFrom(0);
    watch.leadershipBegan();
    assertThat(lasts(10)).isFalse();
  }

  @Test
  void whoIsSilentSaysNothing() {
    report(1, 0, 4, 1, 500);
    assertThat(heat(0).operations()).isEqualTo(500);
    assertThat(heat(6)).isEqualTo(Heat.NONE);
    report(1, 7, 4, 1, 0);
    assertThat(heat(7)).as("asked nothing").isEqualTo(Heat.NONE);
  }
}
