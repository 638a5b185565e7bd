package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.GetMapRequest;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.MoveOrder;
import io.flotilla.proto.placement.MoveReplicaRequest;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.StatusRequest;
import io.flotilla.rpc.ErrorCode;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From the wish to move a replica until its shard says that it is done. */
final class MoveTest extends OneMember {
  private Shard shard = Shard.getDefaultInstance();

  @BeforeEach
  void threeNodesAndAFourth() {
    registerNodes(3);
    await().until(() -> map.view().keyspaces().size() == 2);
    registerNodes(4);
    MapUpdate all = ask(service::getMap, GetMapRequest.getDefaultInstance()).reply();
    shard = all.getShards(0);
  }

  private FakeCall<AdminRequest, AdminReply> move(long from, long to) {
    MoveReplicaRequest.Builder move =
        MoveReplicaRequest.newBuilder().setShard(shard.getId()).setFromNode(from).setToNode(to);
    return ask(service::administer, AdminRequest.newBuilder().setMove(move).build());
  }

  private Job begun(long from, long to) {
    return move(from, to).reply().getJobs(0).getJob();
  }

  private FakeCall<ReportRequest, ReportReply> report(long node, ShardReport.Builder report) {
    ReportRequest.Builder request = ReportRequest.newBuilder().setNode(node);
    return ask(service::report, request.addShards(report.setShard(shard.getId())).build());
  }

  private List<MoveOrder> orders(long node, boolean leads) {
    ShardReport.Builder report = ShardReport.newBuilder().setTerm(3).setLeader(leads);
    return report(node, report).reply().getOrdersList();
  }

  private List<Job> jobs() {
    return ask(service::status, StatusRequest.getDefaultInstance()).reply().getJobsList();
  }

  /** The shard's own word that it is replicated by nodes 2, 3 and 4. */
  private Shard moved(Job job, ReplicaRole role) {
    return shard.toBuilder()
        .setEpoch(shard.getEpoch().toBuilder().setConfVersion(role == ReplicaRole.VOTER ? 4 : 3))
        .removeReplicas(0)
        .setPreferredLeader(0)
        .addReplicas(job.getMove().getTo().toBuilder().setRole(role))
        .build();
  }

  @Test
  void theLeaderAndWhoGetsItAreToldUntilItIsDone() {
    Job job = begun(1, 4);
    assertThat(job.getMove().getTo().getReplica())
        .as("never used before")
        .isGreaterThan(
            shard.getReplicasList().stream().mapToLong(Replica::getReplica).max().orElse(0));
    assertThat(jobs()).containsExactly(job);
    assertThat(orders(3, false)).isEmpty();
    MoveOrder order =
        MoveOrder.newBuilder()
            .setJob(job.getId())
            .setShard(shard)
            .setFrom(shard.getReplicas(0).getReplica())
            .setTo(job.getMove().getTo())
            .build();
    assertThat(orders(4, false)).containsExactly(order);
    assertThat(orders(2, true)).containsExactly(order);
    assertThat(orders(2, true)).as("again").containsExactly(order);

    Shard half = moved(job, ReplicaRole.INCOMING);
    ShardReport.Builder leads = ShardReport.newBuilder().setTerm(3).setLeader(true);
    assertThat(report(2, leads.setChanged(half)).reply().getOrdersCount()).isEqualTo(1);
    Shard whole = moved(job, ReplicaRole.VOTER);
    assertThat(report(2, leads.setChanged(whole)).reply().getOrdersList()).isEmpty();
    assertThat(jobs()).isEmpty();
    MapUpdate all = ask(service::getMap, GetMapRequest.getDefaultInstance()).reply();
    assertThat(all.getShardsList()).contains(whole);

    assertThat(report(2, leads.setChanged(half)).replies).as("late, and of no account").hasSize(1);
    all = ask(service::getMap, GetMapRequest.getDefaultInstance()).reply();
    assertThat(all.getShardsList()).contains(whole);
  }

  @Test
  void theSameWishAgainIsTheSameJob() {
    Job job = begun(1, 4);
    assertThat(begun(1, 4)).isEqualTo(job);
    assertThat(begun(1, 0)).as("wherever it fits").isEqualTo(job);
    assertThat(jobs()).containsExactly(job);
  }

  @Test
  void anotherWishForTheShardIsRefusedUntilTheJobIsDone() {
    registerNodes(5);
    Job job = begun(1, 4);
    String why =
        "job " + job.getId() + " is under way: it moves replica " + job.getMove().getFrom();
    assertError(move(2, 5), ErrorCode.CONFLICT, why);
    assertError(move(2, 0), ErrorCode.CONFLICT, why);
    assertError(move(1, 5), ErrorCode.CONFLICT, why);
    assertThat(jobs()).containsExactly(job);
    Shard whole = moved(job, ReplicaRole.VOTER);
    report(2, ShardReport.newBuilder().setTerm(3).setLeader(true).setChanged(whole));
    assertThat(jobs()).isEmpty();
    Job next = begun(2, 5);
    assertThat(next.getMove().getTo().getReplica())
        .isGreaterThan(job.getMove().getTo().getReplica());
    assertThat(jobs()).containsExactly(next);
  }

  @Test
  void whatCannotBeMovedIsRefused() {
    assertError(move(4, 1), ErrorCode.CONFLICT, "has no replica on node 4");
    assertError(move(1, 2), ErrorCode.CONFLICT, "holds a replica");
    assertError(move(1, 9), ErrorCode.NOT_FOUND, "there is no node 9");
    assertError(move(9, 1), ErrorCode.NOT_FOUND, "there is no node 9");
    assertThat(jobs()).isEmpty();
  }

  @Test
  void aDescriptorThatCannotBeIsRefusedAndNeverGetsIntoTheLog() {
    long before = map.appliedIndex();
    Shard twice = shard.toBuilder().addReplicas(shard.getReplicas(0)).build();
    ShardReport.Builder leads = ShardReport.newBuilder().setTerm(3).setLeader(true);
    assertError(
        report(2, leads.setChanged(twice)), ErrorCode.INVALID_REQUEST, "two replicas on one node");
    assertThat(map.appliedIndex()).isEqualTo(before);
  }

  @Test
  void jobsOutliveTheMember() throws Exception {
    Job job = begun(1, 4);
    service.close();
    store.close();
    start();
    await().until(() -> !jobs().isEmpty());
    assertThat(jobs()).containsExactly(job);
    assertError(move(2, 4), ErrorCode.CONFLICT, "job " + job.getId() + " is under way");
  }
}
