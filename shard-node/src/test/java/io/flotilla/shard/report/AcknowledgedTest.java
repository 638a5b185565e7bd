package io.flotilla.shard.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.rpc.ReportBuckets;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node, and a placement that keeps what it is told, or not. */
class AcknowledgedTest {
  private static final int SHARDS = 100;

  private final Acknowledged acknowledged = new Acknowledged();
  private final TreeMap<Long, ShardReport> here = new TreeMap<>();
  private final TreeMap<Long, ShardReport> there = new TreeMap<>();
  private int sent;

  @BeforeEach
  void allIsTold() {
    for (long shard = 1; shard <= SHARDS; shard++) {
      set(shard, 1);
    }
    assertThat(report().getComplete()).isTrue();
    assertThat(sent).isEqualTo(SHARDS);
    assertThat(there).isEqualTo(here);
  }

  private void set(long shard, long applied) {
    here.put(shard, ShardReport.newBuilder().setShard(shard).setApplied(applied).build());
  }

  private ReportRequest report() {
    return report(request -> {});
  }

  /** As {@link Reports} does it. */
  private ReportRequest report(Consumer<ReportRequest.Builder> onTheWay) {
    ReportRequest.Builder request = ReportRequest.newBuilder();
    Set<Long> gone = new TreeSet<>(acknowledged.shards());
    gone.removeAll(here.keySet());
    here.forEach(
        (shard, report) -> {
          boolean same = acknowledged.of(shard).filter(report::equals).isPresent();
          if (!same || acknowledged.isToBeRepeated(shard)) {
            request.addShards(report.toBuilder().setChanged(Shard.getDefaultInstance()));
          }
        });
    request.addAllGone(gone);
    acknowledged.seal(request);
    ReportRequest told = request.build();
    onTheWay.accept(request);
    ReportReply reply = take(request.build());
    acknowledged.take(told, reply);
    sent = told.getShardsCount();
    return told;
  }

  private ReportReply take(ReportRequest request) {
    Set<Long> named = new HashSet<>();
    request.getShardsList().forEach(report -> named.add(report.getShard()));
    there
        .keySet()
        .removeIf(
            shard ->
                !named.contains(shard)
                    && (request.getComplete()
                        || request.getFullBucketsList().contains(ReportBuckets.of(shard))));
    request
        .getShardsList()
        .forEach(report -> there.put(report.getShard(), report.toBuilder().clearChanged().build()));
    request.getGoneList().forEach(there::remove);
    ReportReply.Builder reply = ReportReply.newBuilder();
    int bucket = request.getBucket().getBucket();
    if (request.hasBucket() && ReportBuckets.hash(bucket, there) != request.getBucket().getHash()) {
      reply.addDiffering(bucket);
    }
    return reply.build();
  }

  private void heals(int shardsAtMost) {
    int repeated = 0;
    for (int i = 0; i < ReportBuckets.COUNT + 1; i++) {
      report();
      repeated += sent;
    }
    assertThat(there).isEqualTo(here);
    assertThat(repeated).isLessThanOrEqualTo(shardsAtMost);
    for (int i = 0; i < ReportBuckets.COUNT; i++) {
      assertThat(report().getFullBucketsCount()).isZero();
      assertThat(sent).as("nothing more to say").isZero();
    }
  }

  private static final int ONE_BUCKET = SHARDS / ReportBuckets.COUNT + 1;

  @Test
  void onlyWhatChangesIsSent() {
    set(7, 2);
    here.remove(8L);
    ReportRequest told = report();
    assertThat(told.getShardsList()).hasSize(1);
    assertThat(told.getGoneList()).containsExactly(8L);
    assertThat(there).isEqualTo(here);
    heals(0);
  }

  @Test
  void aLostChangeHeals() {
    set(7, 2);
    report(request -> request.clearShards());
    assertThat(there).isNotEqualTo(here);
    heals(ONE_BUCKET);
  }

  @Test
  void aLostDepartureHeals() {
    here.remove(7L);
    report(request -> request.clearGone());
    assertThat(there).containsKey(7L);
    heals(ONE_BUCKET);
  }

  @Test
  void anEntryThatIsGarbledOrMadeUpHeals() {
    there.put(7L, ShardReport.newBuilder().setShard(7).setApplied(9).build());
    heals(ONE_BUCKET);
    there.put(1007L, ShardReport.newBuilder().setShard(1007).build());
    heals(ONE_BUCKET);
  }

  @Test
  void aPlacementThatForgotAllHears() {
    there.clear();
    heals(SHARDS);
  }

  @Test
  void changesMeanwhileAreNoDifference() {
    for (int i = 0; i < 200; i++) {
      set(1 + i * 31 % SHARDS, 2 + i);
      assertThat(report().getFullBucketsCount()).isZero();
      assertThat(sent).isEqualTo(1);
    }
    assertThat(there).isEqualTo(here);
  }

  @Test
  void afterAFailureAllIsTold() {
    set(7, 2);
    acknowledged.lost();
    assertThat(report().getComplete()).isTrue();
    assertThat(sent).isEqualTo(SHARDS);
    heals(0);
  }
}
