package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.placement.model.Ending;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.ChangeNodeRequest;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.JobRefusal;
import io.flotilla.proto.placement.LostReplica;
import io.flotilla.proto.placement.LostShard;
import io.flotilla.proto.placement.RecoverOrder;
import io.flotilla.proto.placement.RecoverShardsRequest;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.ShardSurvivor;
import io.flotilla.rpc.ErrorCode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Shards whose majority is lost: what is found, ordered, believed, and given up. */
final class RecoveryTest extends ThreeNodes {
  private static final int DEAD_SECONDS = POLICY.nodeDeadMillis() / 1000;

  private void secondsPass(int seconds, Long... heard) {
    List<Long> suspects = List.of();
    for (int i = 0; i < seconds; i++) {
      nanos.addAndGet(SECOND);
      for (long node : heard) {
        suspects =
            send(ReportRequest.newBuilder().setNode(node).addAllUnheard(suspects))
                .getSuspectsList();
      }
    }
  }

  private Replica on(long node) {
    return shard.getReplicasList().stream()
        .filter(replica -> replica.getNode() == node)
        .findFirst()
        .orElseThrow();
  }

  private ReportReply reportReplica(long node, long index) {
    return report(
        node,
        ShardReport.newBuilder()
            .setReplica(on(node).getReplica())
            .setEpoch(shard.getEpoch())
            .setLastTerm(3)
            .setLastIndex(index)
            .setApplied(index - 1));
  }

  /** Nodes 2 and 3 are dead, and node 1, which follows, is not. */
  private void twoDie() {
    report(1, false);
    report(2, true);
    reportReplica(1, 40);
    reportReplica(3, 45);
    secondsPass(DEAD_SECONDS + 2, 1L);
  }

  private static AdminRequest.Builder recover(ShardSurvivor.Builder... shards) {
    RecoverShardsRequest.Builder wish = RecoverShardsRequest.newBuilder();
    for (ShardSurvivor.Builder each : shards) {
      wish.addShards(each);
    }
    return AdminRequest.newBuilder().setRecover(wish);
  }

  private ShardSurvivor.Builder survivor(long node) {
    return ShardSurvivor.newBuilder().setShard(shard.getId()).setReplica(on(node).getReplica());
  }

  private Job begun() {
    twoDie();
    return begin(recover(survivor(1)));
  }

  private List<RecoverOrder> ordered(long node) {
    return send(ReportRequest.newBuilder().setNode(node)).getRecoveriesList();
  }

  private Shard alone() {
    long beyond = 1 + (1L << 20);
    Epoch epoch = Epoch.newBuilder().setVersion(beyond).setConfVersion(beyond).build();
    return shard.toBuilder()
        .setEpoch(epoch)
        .clearReplicas()
        .clearPreferredLeader()
        .addReplicas(on(1).toBuilder().setRole(ReplicaRole.VOTER))
        .build();
  }

  @Test
  void whatIsLostIsToldWithAllThatIsKnown() {
    twoDie();
    AdminReply reply = administer(recover().setDryRun(true)).reply();
    assertThat(reply.getLostList()).extracting(LostShard::getShard).contains(shard.getId());
    assertThat(reply.getNotesList())
        .as("those of which node 1 has told nothing")
        .isNotEmpty()
        .allMatch(note -> note.contains("no replica that has a vote is left"));
    LostShard lost =
        administer(recover(ShardSurvivor.newBuilder().setShard(shard.getId())).setDryRun(true))
            .reply()
            .getLost(0);
    assertThat(lost.getSurvivor()).isEqualTo(on(1).getReplica());
    assertThat(lost.getReplicasList())
        .filteredOn(each -> each.getReplica().getNode() == 1)
        .singleElement()
        .matches(each -> each.getFate() == LostReplica.Fate.ALIVE && each.getLastIndex() == 40);
    assertThat(lost.getReplicasList())
        .filteredOn(each -> each.getReplica().getNode() == 3)
        .singleElement()
        .matches(each -> each.getFate() == LostReplica.Fate.DEAD && each.getLastIndex() == 45);
    assertThat(jobs()).isEmpty();
  }

  /** Whoever asks comes back by itself: the SDK waits for what is passing. */
  @Test
  void aNewLeaderOfPlacementIsAskedAgain() throws Exception {
    twoDie();
    anotherLeaderOfPlacement();
    for (AdminRequest.Builder asked : List.of(recover().setDryRun(true), recover(survivor(1)))) {
      assertError(administer(asked), ErrorCode.OVERLOADED, "has not heard from everybody yet");
    }
    assertThat(ErrorCode.OVERLOADED.isPassing()).isTrue();
  }

  @Test
  void onlyWhoIsToGoOnIsToldAndItsWordEndsIt() throws Exception {
    Job job = begun();
    assertThat(job.getRecovery().getSurvivor()).isEqualTo(on(1));
    assertThat(ordered(1))
        .singleElement()
        .isEqualTo(
            RecoverOrder.newBuilder()
                .setJob(job.getId())
                .setShard(shard.getId())
                .setReplica(on(1).getReplica())
                .setExpected(shard.getEpoch())
                .setLastTerm(3)
                .build());
    assertThat(begin(recover(survivor(1)))).as("asked again").isEqualTo(job);

    anotherLeaderOfPlacement();
    reportReplica(1, 40);
    assertThat(ordered(1)).as("the next leader goes on").hasSize(1);

    report(1, ShardReport.newBuilder().setLeader(true).setChanged(alone()));
    Ending end = ending(job);
    assertThat(end.how()).isEqualTo(Ending.How.DONE);
    assertThat(end.why()).isEqualTo("replica " + on(1).getReplica() + " on node 1 goes on alone");
    assertThat(ordered(1)).isEmpty();
  }

  /** As node 1 knows it and the map does not: node 2 was replaced when nobody was left to tell. */
  private Shard ahead(long confVersion) {
    Shard.Builder ahead = shard.toBuilder();
    ahead.getEpochBuilder().setConfVersion(confVersion);
    ahead.getReplicasBuilderList().stream()
        .filter(replica -> replica.getNode() == 2)
        .forEach(replica -> replica.setNode(4).setReplica(9_999));
    return ahead.build();
  }

  private void leaderless(Shard own) {
    report(
        1,
        ShardReport.newBuilder()
            .setReplica(on(1).getReplica())
            .setEpoch(own.getEpoch())
            .setLastTerm(3)
            .setLastIndex(40)
            .setApplied(39)
            .setLeaderless(own));
  }

  @Test
  void whoIsAheadOfTheMapGoesOnAtItsOwnEpoch() {
    registerNodes(4);
    report(1, false);
    leaderless(ahead(3));
    secondsPass(DEAD_SECONDS + 2, 1L);
    AdminRequest.Builder named = recover(ShardSurvivor.newBuilder().setShard(shard.getId()));
    assertThat(administer(named.setDryRun(true)).reply().getLost(0).getReplicasList())
        .extracting(each -> each.getReplica().getNode())
        .containsExactlyInAnyOrder(1L, 3L, 4L);
    assertThat(known().epoch()).as("told, not taken").isEqualTo(MapMessages.read(shard).epoch());
    Job job = begin(recover(survivor(1)));
    assertThat(known()).isEqualTo(MapMessages.read(ahead(3)));
    assertThat(job.getRecovery().getExpected()).isEqualTo(ahead(3).getEpoch());
    assertThat(ordered(1))
        .singleElement()
        .matches(order -> order.getExpected().equals(ahead(3).getEpoch()));
    assertThat(begin(recover(survivor(1)))).as("asked again").isEqualTo(job);
  }

  private io.flotilla.placement.model.Shard known() {
    return map.view().shard(shard.getId()).orElseThrow();
  }

  /** Cut off, or slow: a leader may be elsewhere, and have come further. */
  @Test
  void whoHearsNobodyDoesNotChangeTheMapOfALivingGroup() {
    registerNodes(4);
    report(1, false);
    report(2, true);
    reportReplica(3, 45);
    leaderless(ahead(3));
    secondsPass(6, 1L, 2L, 3L, 4L);
    assertThat(known()).isEqualTo(MapMessages.read(shard));
    assertError(
        administer(recover(survivor(1))),
        ErrorCode.CONFLICT,
        "has a leader, on node 2; nothing is to be recovered");
    report(2, false);
    secondsPass(6, 1L, 2L, 3L, 4L);
    assertError(administer(recover(survivor(1))), ErrorCode.CONFLICT, "has its majority");
    assertThat(known()).isEqualTo(MapMessages.read(shard));
    Shard next = ahead(2).toBuilder().setPreferredLeader(0).build();
    report(2, ShardReport.newBuilder().setLeader(true).setChanged(next));
    assertThat(known()).as("a leader's word").isEqualTo(MapMessages.read(next));
  }

  @Test
  void whoIsNotLostIsRefused() {
    secondsPass(6, 1L, 2L, 3L);
    assertError(
        administer(recover(survivor(1))),
        ErrorCode.CONFLICT,
        "shard " + shard.getId() + " has a leader, on node 1; nothing is to be recovered");
    report(1, false);
    reportReplica(1, 40);
    reportReplica(2, 40);
    secondsPass(6, 1L, 2L);
    assertError(
        administer(recover(survivor(1))),
        ErrorCode.CONFLICT,
        "has its majority: of 3 voters, 2 are on nodes that are heard");
    secondsPass(6, 1L);
    assertError(
        administer(recover(survivor(1))),
        ErrorCode.CONFLICT,
        "is not lost for good: node 2 is silent, but not judged dead yet");
    assertError(administer(recover()), ErrorCode.INVALID_REQUEST, "no shard is named");
    assertThat(jobs()).isEmpty();
  }

  @Test
  void aGroupThatTurnsOutAliveIsNotCut() {
    Job job = begun();
    secondsPass(1, 1L, 2L);
    assertThat(ending(job).why()).isEqualTo("a majority of the shard's voters is heard again");
    assertThat(ordered(1)).isEmpty();
  }

  @Test
  void aGroupThatHasGoneOnIsNotCut() {
    Job job = begun();
    Epoch next = shard.getEpoch().toBuilder().setConfVersion(2).build();
    report(
        1, ShardReport.newBuilder().setLeader(true).setChanged(shard.toBuilder().setEpoch(next)));
    assertThat(ending(job).how()).isEqualTo(Ending.How.GIVEN_UP);
    assertThat(ending(job).why()).endsWith("came to epoch 1.2: its group is alive");
  }

  @Test
  void whatTheReplicaRefusesIsGivenUp() {
    Job job = begun();
    send(
        ReportRequest.newBuilder()
            .setNode(1)
            .addRefusals(JobRefusal.newBuilder().setJob(job.getId()).setWhy("replica 3 leads it")));
    assertThat(ending(job).why()).isEqualTo("replica 3 leads it");
  }

  @Test
  void whatIsDamagedOnLivingNodesIsLostToo() throws Exception {
    report(1, false);
    reportReplica(1, 40);
    report(2, ShardReport.newBuilder().setReplica(on(2).getReplica()).setLost(true));
    reportReplica(3, 41);
    secondsPass(6, 1L, 2L, 3L);
    assertError(
        administer(recover(survivor(3))),
        ErrorCode.CONFLICT,
        "has its majority: of 3 voters, 2 are on nodes that are heard");
    report(3, ShardReport.newBuilder().setReplica(on(3).getReplica()).setLost(true));
    Job job = begin(recover(survivor(1)));
    secondsPass(6, 1L, 2L, 3L);
    assertThat(ordered(1)).as("nor are they taken for a majority later").hasSize(1);
    reportReplica(3, 41); // its process was started again, and can read what it has
    assertThat(ending(job).why()).isEqualTo("a majority of the shard's voters is heard again");
  }

  @Test
  void aMoveThatWaitsInVainMakesRoom() {
    registerNodes(4);
    report(1, true);
    Job move = move(2, 4);
    report(1, false);
    reportReplica(1, 40);
    secondsPass(DEAD_SECONDS + 2, 1L, 4L);
    Job job = begin(recover(survivor(1)));
    assertThat(job.hasRecovery()).isTrue();
    assertThat(ending(move).why()).startsWith("instead, something recovers shard");
  }

  @Test
  void whoWasLeftOutCountsNoMoreWhereItsNodeIsToBeRemoved() {
    Job job = begun();
    assertError(
        administer(change(2, ChangeNodeRequest.Change.REMOVE)),
        ErrorCode.CONFLICT,
        "node 2 cannot be removed: it holds 8 replicas");
    report(1, ShardReport.newBuilder().setLeader(true).setChanged(alone()));
    assertThat(ending(job).how()).isEqualTo(Ending.How.DONE);
    assertError(
        administer(change(2, ChangeNodeRequest.Change.REMOVE)),
        ErrorCode.CONFLICT,
        "node 2 cannot be removed: it holds 7 replicas");
    await().until(() -> map.view().jobs().isEmpty());
  }
}
