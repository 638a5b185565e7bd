package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.placement.model.Ending;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.AddShardsRequest;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.BucketHash;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.JobRefusal;
import io.flotilla.proto.placement.ReplicaStatus;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.SetBalanceRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.ShardStatus;
import io.flotilla.proto.placement.SnapshotProgress;
import io.flotilla.proto.placement.SplitOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What placement does by itself with what nodes report, and what it leaves alone. */
final class UnaskedTest extends ThreeNodes {
  /** Nodes that do not report, but answer the others. */
  private final Set<Long> heardByOthers = new HashSet<>();

  /** What a node that was asked after these says of them. */
  private ReportRequest.Builder report(long node, List<Long> suspects) {
    ReportRequest.Builder report = ReportRequest.newBuilder().setNode(node);
    for (long suspect : suspects) {
      if (heardByOthers.contains(suspect)) {
        report.addHeard(suspect);
      } else {
        report.addUnheard(suspect);
      }
    }
    return report;
  }

  /** All report; those of {@code but} are silent. */
  private void secondsPass(int seconds, long... but) {
    List<Long> silent = java.util.Arrays.stream(but).boxed().toList();
    List<Long> suspects = List.of();
    for (int i = 0; i < seconds; i++) {
      nanos.addAndGet(SECOND);
      for (long node : map.view().nodes().keySet()) {
        if (!silent.contains(node)) {
          suspects = send(report(node, suspects)).getSuspectsList();
        }
      }
    }
  }

  private void allLead(long node) {
    for (Shard each : map().getShardsList()) {
      send(
          ReportRequest.newBuilder()
              .setNode(node)
              .addShards(
                  ShardReport.newBuilder().setShard(each.getId()).setTerm(3).setLeader(true)));
    }
  }

  @Test
  void howMuchOfASnapshotHasComeIsShown() {
    SnapshotProgress half = SnapshotProgress.newBuilder().setBytes(5).setBytesTotal(10).build();
    long replica = shard.getReplicas(1).getReplica();
    report(
        shard.getReplicas(1).getNode(),
        ShardReport.newBuilder().setReplica(replica).setSnapshot(half));
    assertThat(status().getShardsList())
        .flatMap(ShardStatus::getReplicasList)
        .filteredOn(ReplicaStatus::hasSnapshot)
        .singleElement()
        .matches(each -> each.getReplica() == replica && each.getSnapshot().equals(half));
  }

  @Test
  void whatIsLostOnANodeThatLivesIsShown() {
    Replica replica = shard.getReplicas(1);
    report(
        replica.getNode(), ShardReport.newBuilder().setReplica(replica.getReplica()).setLost(true));
    assertThat(status().getShardsList())
        .flatMap(ShardStatus::getReplicasList)
        .filteredOn(ReplicaStatus::getLost)
        .singleElement()
        .matches(each -> each.getReplica() == replica.getReplica() && each.getAlive());
  }

  @Test
  void aNodeOfWhichPlacementHoldsSomethingElseIsAskedForIt() {
    BucketHash wrong = BucketHash.newBuilder().setBucket(3).setHash(1).build();
    assertThat(send(ReportRequest.newBuilder().setNode(1).setBucket(wrong)).getDifferingList())
        .containsExactly(3);
    BucketHash empty = BucketHash.newBuilder().setBucket(15).build();
    assertThat(send(ReportRequest.newBuilder().setNode(1).setBucket(empty)).getDifferingList())
        .isEmpty();
  }

  @Test
  void aNodeThatIsSilentForLongIsReplacedByItself() {
    registerNodes(4);
    allLead(1);
    administer(AdminRequest.newBuilder().setBalance(SetBalanceRequest.newBuilder().setOn(false)));
    secondsPass(POLICY.nodeDeadMillis() / 1000 - 1, 3);
    assertThat(jobs()).isEmpty();
    assertThat(whyShard(shard.getId())).anyMatch(line -> line.contains("node 3 (silent)"));
    secondsPass(2, 3);
    await().until(() -> !jobs().isEmpty());
    assertThat(jobs())
        .hasSize(2)
        .allMatch(job -> job.getReason().equals("node 3 is dead"))
        .allMatch(job -> job.getMove().getTo().getNode() == 4);
  }

  private Job leavesOutWhatNodeTwoHasLost() {
    long two = shard.getReplicas(1).getNode();
    allLead(shard.getReplicas(0).getNode());
    administer(AdminRequest.newBuilder().setBalance(SetBalanceRequest.newBuilder().setOn(false)));
    report(
        two, ShardReport.newBuilder().setReplica(shard.getReplicas(1).getReplica()).setLost(true));
    secondsPass(6);
    await().until(() -> !jobs().isEmpty());
    assertThat(jobs()).hasSize(1);
    return jobs().get(0);
  }

  @Test
  void whatIsLostOnOneOfThreeNodesIsLeftOutAndComesAgain() {
    Job job = leavesOutWhatNodeTwoHasLost();
    assertThat(job.getMove().getFrom()).isEqualTo(shard.getReplicas(1).getReplica());
    assertThat(job.getMove().getTo().getReplica()).isEqualTo(job.getMove().getFrom());
    long one = shard.getReplicas(0).getNode();
    long two = shard.getReplicas(1).getNode();
    assertThat(send(ReportRequest.newBuilder().setNode(two)).getOrdersList())
        .as("there is nothing to come there yet")
        .isEmpty();
    assertThat(send(ReportRequest.newBuilder().setNode(one)).getOrdersList()).hasSize(1);
    Shard left =
        shard.toBuilder()
            .setEpoch(shard.getEpoch().toBuilder().setConfVersion(3))
            .removeReplicas(1)
            .setPreferredLeader(0)
            .build();
    report(one, ShardReport.newBuilder().setLeader(true).setChanged(left));
    assertThat(ending(job).how()).isEqualTo(Ending.How.DONE);
    secondsPass(6);
    await().until(() -> !jobs().isEmpty());
    assertThat(jobs())
        .singleElement()
        .matches(next -> next.getMove().getTo().getNode() == two)
        .matches(next -> next.getMove().getFrom() == 0)
        .matches(next -> next.getMove().getTo().getReplica() > job.getMove().getFrom());
    assertThat(send(ReportRequest.newBuilder().setNode(two)).getOrdersList()).hasSize(1);
  }

  @Test
  void whoTakesPartAgainIsNotLeftOut() {
    Job job = leavesOutWhatNodeTwoHasLost();
    report(
        shard.getReplicas(1).getNode(),
        ShardReport.newBuilder().setReplica(shard.getReplicas(1).getReplica()));
    secondsPass(1);
    assertThat(ending(job).why())
        .isEqualTo("replica " + job.getMove().getFrom() + " takes part again");
  }

  @Test
  void whatIsNotLeftOutInTimeIsGivenUpAndNobodyIsToBlame() {
    Job job = leavesOutWhatNodeTwoHasLost();
    secondsPass(50);
    assertThat(map.view().job(job.getId())).isPresent();
    secondsPass(12);
    assertThat(ending(job).why()).isEqualTo("nothing had come of it after 60 s");
  }

  @Test
  void aNodeThatOnlyPlacementCannotReachIsLeftAlone() {
    registerNodes(4);
    allLead(1);
    administer(AdminRequest.newBuilder().setBalance(SetBalanceRequest.newBuilder().setOn(false)));
    heardByOthers.add(3L);
    secondsPass(POLICY.nodeDeadMillis() / 1000 + 60, 3);
    assertThat(jobs()).isEmpty();
    assertThat(whyNode(3)).anyMatch(line -> line.contains("unreachable from placement, but heard"));
    assertThat(status().getNodesList())
        .filteredOn(each -> !each.getAlive())
        .singleElement()
        .matches(each -> each.getNode().getId() == 3 && each.getHeardBy() == 3);
    heardByOthers.clear();
    secondsPass(2, 3);
    await().until(() -> !jobs().isEmpty());
    assertThat(jobs()).allMatch(job -> job.getReason().equals("node 3 is dead"));
  }

  /** It is the same to whoever asks. */
  @Test
  void whoIsSilentLeadsNothing() {
    allLead(1);
    assertThat(status().getNodes(0).getLeaders()).isEqualTo(8);
    assertThat(whyNode(1)).anyMatch(line -> line.contains("leads 8 shards"));
    secondsPass(POLICY.nodeSilentMillis() / 1000, 1);
    assertThat(status().getNodes(0).getLeaders()).isZero();
    assertThat(status().getShardsList()).allMatch(each -> each.getLeaderNode() == 0);
    assertThat(status().getShardsList()).allMatch(each -> each.getTerm() == 3);
    assertThat(whyNode(1)).anyMatch(line -> line.contains("leads 0 shards"));
    secondsPass(1);
    assertThat(status().getNodes(0).getLeaders()).as("it was there all the time").isEqualTo(8);
  }

  @Test
  void aNewLeaderOfPlacementTakesNobodyForDead() throws Exception {
    registerNodes(4);
    secondsPass(POLICY.nodeDeadMillis() / 1000 - 1, 3);
    anotherLeaderOfPlacement();
    allLead(1);
    secondsPass(20, 3);
    assertThat(map.view().jobs().values()).noneMatch(job -> job.reason().contains("dead"));
  }

  @Test
  void leadersAreEvenedOutOnceAllIsCalm() {
    allLead(1);
    secondsPass(POLICY.nodeSteadyMillis() / 1000 - 1);
    assertThat(jobs()).isEmpty();
    secondsPass(2);
    await().until(() -> !jobs().isEmpty());
    assertThat(jobs()).hasSize(4).allMatch(Job::hasTransfer);
  }

  @Test
  void moreShardsAreCutUntilThereAreEnough() throws Exception {
    allLead(1);
    administer(AdminRequest.newBuilder().setBalance(SetBalanceRequest.newBuilder().setOn(false)));
    AdminReply reply =
        administer(
                AdminRequest.newBuilder()
                    .setAddShards(AddShardsRequest.newBuilder().setKeyspace("default").setCount(2)))
            .reply();
    assertThat(reply.getNotes(0)).startsWith("the keyspace goes from 4 to 6 shards");
    secondsPass(6);
    await().until(() -> jobs().size() == 2);
    anotherLeaderOfPlacement();
    allLead(1);
    ReportReply orders = send(ReportRequest.newBuilder().setNode(1));
    for (SplitOrder order : orders.getSplitsList()) {
      send(
          ReportRequest.newBuilder()
              .setNode(1)
              .addShards(cut(order).setShard(order.getShard().getId()).setTerm(3)));
    }
    assertTiles();
    await().until(() -> map.view().settings().goals().isEmpty());
    secondsPass(10);
    assertThat(map.view().shards()).hasSize(10);
    assertThat(jobs()).isEmpty();
  }

  @Test
  void whatCouldNotBeCutIsTriedAgainAfterAWhile() {
    allLead(1);
    administer(AdminRequest.newBuilder().setBalance(SetBalanceRequest.newBuilder().setOn(false)));
    administer(
        AdminRequest.newBuilder()
            .setAddShards(AddShardsRequest.newBuilder().setKeyspace("default").setCount(1)));
    for (int i = 0; i < 4; i++) { // one shard of the keyspace after the other
      secondsPass(6);
      await().until(() -> !jobs().isEmpty());
      Job job = jobs().get(0);
      send(
          ReportRequest.newBuilder()
              .setNode(1)
              .addRefusals(JobRefusal.newBuilder().setJob(job.getId()).setWhy("it is empty")));
      assertThat(ending(job).how()).isEqualTo(Ending.How.GIVEN_UP);
    }
    secondsPass(500);
    assertThat(jobs()).isEmpty();
    secondsPass(110);
    await().until(() -> !jobs().isEmpty());
  }
}
