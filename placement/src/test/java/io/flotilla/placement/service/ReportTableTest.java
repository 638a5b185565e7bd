package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.KeyRange;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.plan.LoadView;
import io.flotilla.proto.placement.BucketHash;
import io.flotilla.proto.placement.Leader;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.rpc.ReportBuckets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class ReportTableTest {
  private static final long SECOND = 1_000_000_000L;

  private final ReportTable table = new ReportTable(5 * SECOND, 100 * SECOND);
  private final ClusterView view = view(3, 2);

  @Test
  void aClaimOfAHigherTermWins() {
    report(1, leads(1, 4));
    assertThat(table.leaderOf(1)).isEqualTo(leader(1, 1, 4));
    report(2, leads(1, 3));
    assertThat(table.leaderOf(1)).as("an older claim").isEqualTo(leader(1, 1, 4));
    report(2, leads(1, 4));
    assertThat(table.leaderOf(1)).as("two of one term").isEqualTo(leader(1, 1, 4));
    report(3, leads(1, 5));
    assertThat(table.leaderOf(1)).isEqualTo(leader(1, 3, 5));
    report(1, follows(1, 5));
    assertThat(table.leaderOf(1)).as("another one follows").isEqualTo(leader(1, 3, 5));
  }

  @Test
  void whoStepsDownLeavesNobody() {
    report(1, leads(1, 4));
    report(1, follows(1, 3));
    assertThat(table.leaderOf(1)).as("late news").isEqualTo(leader(1, 1, 4));
    report(1, follows(1, 6));
    assertThat(table.leaderOf(1)).isEqualTo(leader(1, 0, 6));
    report(2, leads(1, 5));
    assertThat(table.leaderOf(1)).as("of a term that is over").isEqualTo(leader(1, 0, 6));
    report(2, leads(1, 6));
    assertThat(table.leaderOf(1)).isEqualTo(leader(1, 2, 6));
  }

  @Test
  void aCompleteReportForgetsTheRest() {
    report(1, leads(1, 4));
    report(1, leads(2, 4));
    table.record(
        ReportRequest.newBuilder().setNode(1).setComplete(true).addShards(leads(2, 4)).build(),
        view,
        100 * SECOND);
    assertThat(table.leaderOf(1).getNode()).isZero();
    assertThat(table.leaderOf(2).getNode()).isEqualTo(1);
    assertThat(table.reportOf(1, 1)).isEmpty();
    assertThat(table.reportOf(1, 2)).isPresent();
  }

  @Test
  void tellsOnlyHintsThatAreNew() {
    report(1, leads(1, 4));
    report(1, leads(2, 4));
    long seen = table.lastHint();
    report(1, leads(1, 4));
    assertThat(table.leadersSince(seen)).as("nothing changed").isEmpty();
    report(2, leads(1, 5));
    report(3, leads(1, 6));
    assertThat(table.leadersSince(seen)).containsExactly(leader(1, 3, 6));
    assertThat(table.leadersSince(0)).containsExactly(leader(2, 1, 4), leader(1, 3, 6));
  }

  @Test
  void whoIsLostIsToldToThePlanner() {
    report(1, leads(1, 4));
    assertThat(table.load(view, 100 * SECOND, SECOND, SECOND, Set.of()).lost()).isEmpty();
    ShardReport.Builder lost = ShardReport.newBuilder().setShard(1).setReplica(2).setLost(true);
    report(2, lost.build());
    LoadView load = table.load(view, 100 * SECOND, SECOND, SECOND, Set.of());
    assertThat(load.lost()).containsExactly(2L);
    assertThat(load.stopped()).as("it is not open").isEmpty();
    report(2, lost.setEpoch(io.flotilla.proto.map.Epoch.getDefaultInstance()).build());
    load = table.load(view, 100 * SECOND, SECOND, SECOND, Set.of());
    assertThat(load.lost()).containsExactly(2L);
    assertThat(load.stopped()).containsExactly(2L);
  }

  @Test
  void whatRemovedNodesSaidIsForgotten() {
    report(1, leads(1, 4));
    report(2, leads(2, 4));
    table.nodesVanishedBut(Set.of(2L, 3L));
    assertThat(table.reportOf(1, 1)).isEmpty();
    assertThat(table.reportOf(2, 2)).isPresent();
  }

  @Test
  void ignoresShardsThatNobodyCreated() {
    report(1, leads(99, 4));
    assertThat(table.lastHint()).isZero();
    assertThat(table.reportOf(1, 99)).isEmpty();
  }

  @Test
  void aNodeIsSilentAfterAWhileAndANewLeaderWaitsForIt() {
    report(1, leads(1, 4));
    assertThat(table.silentNodes(view, 104 * SECOND)).isEmpty();
    table.heard(2, 103 * SECOND);
    assertThat(table.silentNodes(view, 105 * SECOND)).containsExactlyInAnyOrder(1L, 3L);
    assertThat(table.silentMillis(2, 105 * SECOND)).isEqualTo(2000);
    table.leadershipBegan(106 * SECOND);
    assertThat(table.silentNodes(view, 110 * SECOND)).isEmpty();
    assertThat(table.silentNodes(view, 111 * SECOND)).containsExactlyInAnyOrder(1L, 2L, 3L);
  }

  private LoadView load(ClusterView of) {
    return table.load(of, 100 * SECOND, SECOND, SECOND, Set.of());
  }

  @Test
  void aShardThatIsGoneIsNeitherHeldNorLedThere() {
    report(1, leads(1, 4).toBuilder().setApplied(7).build());
    report(1, leads(2, 4)); // a replica that is to learn, and has nothing yet
    assertThat(table.held(1)).isEqualTo(1);
    table.record(ReportRequest.newBuilder().setNode(1).addGone(1).build(), view, 100 * SECOND);
    assertThat(table.held(1)).isZero();
    assertThat(table.leaderOf(1)).isEqualTo(leader(1, 0, 4));
    assertThat(table.leaderOf(2)).isEqualTo(leader(2, 1, 4));
    assertThat(load(view).bytesOf(1)).isZero();
    assertThat(table.held(9)).as("never heard").isZero();
  }

  @Test
  void aNewLeaderIsSettledOnceEveryNodeHadTimeToReport() {
    assertThat(isSettled(104)).isFalse();
    assertThat(isSettled(105)).isTrue();
    table.leadershipBegan(106 * SECOND);
    assertThat(isSettled(106)).isFalse();
    assertThat(isSettled(110)).isFalse();
    assertThat(isSettled(111)).isTrue();
  }

  /** What a new leader of placement has to take in before it plans; the figure is printed. */
  @Test
  void whatAHundredNodesHaveOfTenThousandShardsIsTakenInAtOnce() {
    int nodes = 100;
    ClusterView many = view(nodes, 10_000);
    List<ReportRequest> all = new ArrayList<>();
    for (long node = 1; node <= nodes; node++) {
      ReportRequest.Builder report = ReportRequest.newBuilder().setNode(node).setComplete(true);
      for (long shard = 1; shard <= 10_000; shard++) {
        if (Math.floorMod(node - shard, nodes) < 3) {
          report.addShards(shard % nodes == node % nodes ? leads(shard, 4) : follows(shard, 4));
        }
      }
      all.add(report.build());
    }
    long begunNanos = System.nanoTime();
    all.forEach(report -> table.record(report, many, 100 * SECOND));
    LoadView load = table.load(many, 100 * SECOND, SECOND, SECOND, Set.of());
    long tookNanos = System.nanoTime() - begunNanos;
    System.out.printf(
        "all that 100 nodes have of 10,000 shards is taken in in %.0f ms%n", tookNanos / 1e6);
    assertThat(load.leaders()).hasSize(10_000);
    assertThat(tookNanos).isLessThan(5 * SECOND);
  }

  private ReportRequest.Builder told(ShardReport... shards) {
    TreeMap<Long, ShardReport> all = new TreeMap<>();
    for (ShardReport shard : shards) {
      all.put(shard.getShard(), shard);
    }
    int bucket = ReportBuckets.of(1);
    return ReportRequest.newBuilder()
        .setNode(1)
        .setBucket(
            BucketHash.newBuilder().setBucket(bucket).setHash(ReportBuckets.hash(bucket, all)));
  }

  @Test
  void whatIsHeldIsComparedWithWhatWasTold() {
    assertThat(table.differs(told(leads(1, 4)).build())).as("nothing is held").isTrue();
    report(1, leads(1, 4));
    report(1, leads(2, 4)); // in another bucket
    assertThat(table.differs(told(leads(1, 4)).build())).isFalse();
    assertThat(table.differs(told(leads(1, 4), follows(2, 9)).build())).isFalse();
    assertThat(table.differs(told(leads(1, 5)).build())).isTrue();
    assertThat(table.differs(told().build())).isTrue();
    assertThat(table.differs(ReportRequest.newBuilder().setNode(1).build())).isFalse();
  }

  @Test
  void ofABucketThatIsToldInFullTheRestIsForgotten() {
    ClusterView many = view(3, 40);
    long alike = 1 + ReportBuckets.COUNT;
    for (long shard : new long[] {1, 2, alike}) {
      table.record(
          ReportRequest.newBuilder().setNode(1).addShards(leads(shard, 4)).build(),
          many,
          100 * SECOND);
    }
    table.record(
        ReportRequest.newBuilder()
            .setNode(1)
            .addFullBuckets(ReportBuckets.of(1))
            .addShards(leads(1, 5))
            .build(),
        many,
        100 * SECOND);
    assertThat(table.leaderOf(1)).isEqualTo(leader(1, 1, 5));
    assertThat(table.leaderOf(alike)).isEqualTo(leader(alike, 0, 4));
    assertThat(table.reportOf(1, alike)).isEmpty();
    assertThat(table.leaderOf(2)).isEqualTo(leader(2, 1, 4));
  }

  /** The most that one node may have; the figure is printed. */
  @Test
  void tenThousandShardsAreComparedWithinMilliseconds() {
    ClusterView many = view(1, 10_000);
    ReportRequest.Builder all = ReportRequest.newBuilder().setNode(1).setComplete(true);
    TreeMap<Long, ShardReport> held = new TreeMap<>();
    for (long shard = 1; shard <= 10_000; shard++) {
      ShardReport report =
          leads(shard, 4).toBuilder().setApplied(1L << 40).setLastIndex(1L << 40).build();
      all.addShards(report);
      held.put(shard, report);
    }
    table.record(all.build(), many, 100 * SECOND);
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 20 * ReportBuckets.COUNT; i++) {
      int bucket = i % ReportBuckets.COUNT;
      ReportRequest report =
          ReportRequest.newBuilder()
              .setNode(1)
              .setBucket(
                  BucketHash.newBuilder()
                      .setBucket(bucket)
                      .setHash(ReportBuckets.hash(bucket, held)))
              .build();
      long begunNanos = System.nanoTime();
      assertThat(table.differs(report)).isFalse();
      best = Math.min(best, System.nanoTime() - begunNanos);
    }
    System.out.printf("one of 16 buckets of 10,000 shards is compared in %.2f ms%n", best / 1e6);
    assertThat(best).isLessThan(SECOND / 20);
  }

  /** Of ten thousand shards, few change between two reports; the figure is printed. */
  @Test
  void whatTellsLittleIsTakenWithoutLookingAtAllThatIsHeld() {
    ClusterView many = view(1, 10_000);
    ReportRequest.Builder all = ReportRequest.newBuilder().setNode(1).setComplete(true);
    for (long shard = 1; shard <= 10_000; shard++) {
      all.addShards(leads(shard, 4));
    }
    table.record(all.build(), many, 100 * SECOND);
    ReportRequest little =
        ReportRequest.newBuilder().setNode(1).addShards(leads(7, 5)).addGone(8).build();
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 300; i++) {
      long begunNanos = System.nanoTime();
      table.record(little, many, 100 * SECOND);
      best = Math.min(best, System.nanoTime() - begunNanos);
    }
    System.out.printf("a report of two of 10,000 shards is taken in %.3f ms%n", best / 1e6);
    assertThat(best).isLessThan(SECOND / 20_000);
    assertThat(table.leaderOf(8).getNode()).isZero();
    assertThat(table.leaderOf(9).getNode()).isEqualTo(1);
  }

  @Test
  void nobodyLeadsWhatIsNotInTheMapAnyMore() {
    report(1, leads(1, 4));
    report(1, leads(2, 4));
    table.shardsVanishedBut(Set.of(2L));
    assertThat(table.leaderOf(1)).isEqualTo(Leader.getDefaultInstance());
    assertThat(table.leadersSince(0)).containsExactly(leader(2, 1, 4));
  }

  private static final long DEAD = 60 * SECOND;

  private void says(long node, long atSecond, List<Long> heard, List<Long> unheard) {
    table.record(
        ReportRequest.newBuilder().setNode(node).addAllHeard(heard).addAllUnheard(unheard).build(),
        five,
        atSecond * SECOND);
  }

  private final ClusterView five = view(5, 2);

  private LoadView.Health first(long atSecond) {
    return table.load(five, atSecond * SECOND, DEAD, SECOND, Set.of()).of(1);
  }

  @Test
  void onlyWhomMostOfTheOthersDoNotHearEitherIsDead() {
    table.heard(1, 100 * SECOND);
    for (long node = 2; node <= 5; node++) {
      says(node, 170, List.of(), List.of());
    }
    assertThat(first(170)).as("nobody was asked yet").isEqualTo(LoadView.Health.SILENT);
    says(2, 170, List.of(), List.of(1L));
    says(3, 170, List.of(), List.of(1L));
    assertThat(first(170)).as("two of four").isEqualTo(LoadView.Health.SILENT);
    says(4, 170, List.of(1L), List.of());
    assertThat(first(170)).isEqualTo(LoadView.Health.UNREACHABLE);
    assertThat(table.heardBy(1, five, 170 * SECOND)).isEqualTo(1);
    says(5, 170, List.of(), List.of(1L));
    assertThat(first(170)).as("three of four").isEqualTo(LoadView.Health.DEAD);
    says(5, 171, List.of(1L), List.of());
    assertThat(first(171)).as("one has changed its mind").isEqualTo(LoadView.Health.UNREACHABLE);
    table.heard(1, 172 * SECOND);
    assertThat(first(172)).as("it is back").isEqualTo(LoadView.Health.FRESH);
    assertThat(table.heardBy(1, five, 172 * SECOND)).isZero();
  }

  @Test
  void whoIsNotHeardForTooShortATimeIsNotDead() {
    table.heard(1, 100 * SECOND);
    for (long node = 2; node <= 5; node++) {
      says(node, 159, List.of(), List.of(1L));
    }
    assertThat(first(104)).isEqualTo(LoadView.Health.STEADY);
    assertThat(first(159)).isEqualTo(LoadView.Health.SILENT);
    assertThat(first(160)).isEqualTo(LoadView.Health.DEAD);
  }

  @Test
  void whatASilentNodeSaidOfAnotherDoesNotCount() {
    table.heard(1, 100 * SECOND);
    for (long node = 2; node <= 4; node++) {
      says(node, 150, List.of(), List.of(1L));
    }
    says(5, 170, List.of(), List.of());
    assertThat(first(170))
        .as("one other is left, and has not said")
        .isEqualTo(LoadView.Health.SILENT);
    says(4, 170, List.of(), List.of(1L));
    assertThat(first(170)).as("one of two").isEqualTo(LoadView.Health.SILENT);
    says(3, 170, List.of(), List.of(1L));
    assertThat(first(170)).as("two of three").isEqualTo(LoadView.Health.DEAD);
  }

  private boolean isSettled(long atSecond) {
    return table.load(view, atSecond * SECOND, SECOND, SECOND, Set.of()).settled();
  }

  @Test
  void whatWasWeighedBeforeASplitDoesNotCount() {
    report(1, weighs(1, 600, 2));
    report(2, weighs(1, 1100, 1));
    assertThat(load(view).bytesOf(1)).isEqualTo(1100);
    ClusterView split = view(3, 2, new Epoch(2, 1));
    assertThat(load(split).bytesOf(1))
        .as("a follower has not said yet what is left")
        .isEqualTo(600);
  }

  private static ShardReport weighs(long shard, long bytes, int version) {
    return follows(shard, 4).toBuilder()
        .setApproximateBytes(bytes)
        .setEpoch(io.flotilla.proto.map.Epoch.newBuilder().setVersion(version).setConfVersion(1))
        .build();
  }

  private void report(long node, ShardReport shard) {
    table.record(
        ReportRequest.newBuilder().setNode(node).addShards(shard).build(), view, 100 * SECOND);
  }

  private static ShardReport leads(long shard, long term) {
    return ShardReport.newBuilder().setShard(shard).setTerm(term).setLeader(true).build();
  }

  private static ShardReport follows(long shard, long term) {
    return ShardReport.newBuilder().setShard(shard).setTerm(term).build();
  }

  private static Leader leader(long shard, long node, long term) {
    return Leader.newBuilder().setShard(shard).setNode(node).setTerm(term).build();
  }

  static ClusterView view(int nodes, int shards) {
    return view(nodes, shards, Epoch.FIRST);
  }

  static ClusterView view(int nodes, int shards, Epoch epoch) {
    TreeMap<Long, Revised<Node>> nodeMap = new TreeMap<>();
    for (long id = 1; id <= nodes; id++) {
      nodeMap.put(id, new Revised<>(1, new Node(id, "h:1", "i" + id, new TreeMap<>())));
    }
    TreeMap<Long, Revised<Shard>> shardMap = new TreeMap<>();
    KeyRange range = new KeyRange(KeyBytes.EMPTY, KeyBytes.EMPTY);
    List<Replica> replicas = List.of(new Replica(1, 1, Replica.Role.VOTER));
    for (long id = 1; id <= shards; id++) {
      shardMap.put(id, new Revised<>(1, new Shard(id, 1, range, epoch, replicas, 1)));
    }
    return new ClusterView(
        "c", 1, 1, FreshIds.FIRST, nodeMap, new TreeMap<>(), shardMap, new TreeMap<>());
  }
}
