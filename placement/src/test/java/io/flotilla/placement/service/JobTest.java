package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.UnknownFieldSet;
import io.flotilla.placement.model.Ending;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.AddShardsRequest;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.CancelJobRequest;
import io.flotilla.proto.placement.ChangeNodeRequest;
import io.flotilla.proto.placement.ExplainRequest;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.JobRefusal;
import io.flotilla.proto.placement.MoveOrder;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.SetBalanceRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.SplitOrder;
import io.flotilla.proto.placement.SplitShardRequest;
import io.flotilla.proto.placement.TransferOrder;
import io.flotilla.rpc.ErrorCode;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Each kind of job from the wish to its end, with everything that may come between: cancelling, a
 * change of placement's leader, refusals, silence.
 */
final class JobTest extends ThreeNodes {
  @Test
  void aSplitIsOrderedUntilItsGroupHasDoneItAndBothSidesComeAtOnce() throws Exception {
    Job job = begin(split());
    assertThat(report(2, false).getSplitsList()).as("only the leader").isEmpty();
    SplitOrder order = report(1, true).getSplits(0);
    assertThat(order.getJob()).isEqualTo(job.getId());
    assertThat(order.getShard()).isEqualTo(shard);
    assertThat(order.getNewShard()).isEqualTo(map.view().shards().lastKey() + 1);
    assertThat(order.getNewReplicasList())
        .extracting(Replica::getNode)
        .containsExactlyElementsOf(shard.getReplicasList().stream().map(Replica::getNode).toList());

    anotherLeaderOfPlacement();
    assertThat(report(1, true).getSplitsList()).containsExactly(order);

    // Whoever leads the new shard may be heard before the old one has told of it.
    send(
        ReportRequest.newBuilder()
            .setNode(2)
            .addShards(
                ShardReport.newBuilder().setShard(order.getNewShard()).setLeader(true).setTerm(1)));
    long before = map.view().revision();
    assertThat(report(1, cut(order)).getSplitsList()).isEmpty();
    assertThat(map.view().shardsSince(before)).hasSize(2);
    assertThat(map.view().shards().get(order.getNewShard()).revision())
        .isEqualTo(map.view().shards().get(shard.getId()).revision());
    assertTiles();
    assertThat(ending(job).how()).isEqualTo(Ending.How.DONE);
    await()
        .until(
            () ->
                map().getLeadersList().stream()
                    .anyMatch(
                        leader ->
                            leader.getShard() == order.getNewShard() && leader.getNode() == 2));
  }

  @Test
  void aSplitThatWasCancelledTooLateStillTiles() {
    Job job = begin(split());
    SplitOrder order = report(1, true).getSplits(0);
    AdminReply cancelled = administer(cancel(job)).reply();
    assertThat(cancelled.getNotes(0)).contains("if shard 1 was split already, it stays split");
    assertThat(report(1, true).getSplitsList()).isEmpty();
    Job next = begin(split());
    SplitOrder again = report(1, true).getSplits(0);
    assertThat(again.getNewShard())
        .as("ids are never used again")
        .isNotEqualTo(order.getNewShard());

    report(1, cut(order));
    assertTiles();
    assertThat(map.view().shards()).containsKey(order.getNewShard());
    assertThat(map.view().shards()).doesNotContainKey(again.getNewShard());
    assertThat(ending(job).how()).isEqualTo(Ending.How.CANCELLED);
    assertThat(ending(next).how()).isEqualTo(Ending.How.GIVEN_UP);
    assertThat(ending(next).why()).contains("came to epoch 2.1 by something else");
  }

  @Test
  void aSplitWhoseShardChangedMembersIsGivenUp() {
    Job job = begin(split());
    Shard other =
        shard.toBuilder()
            .setEpoch(shard.getEpoch().toBuilder().setConfVersion(2))
            .addReplicas(
                Replica.newBuilder().setNode(9).setReplica(77).setRole(ReplicaRole.LEARNER))
            .build();
    report(1, ShardReport.newBuilder().setLeader(true).setChanged(other));
    assertThat(ending(job).why()).contains("it could be split at 1.1 only");
  }

  @Test
  void whatDoesNotTileIsLeftOutAndTheOthersGetTheirOrders() {
    Job job = begin(split());
    SplitOrder order = report(1, true).getSplits(0);
    ShardReport.Builder gap = cut(order);
    gap.getChangedBuilder()
        .getCutOffBuilder(0)
        .setStart(gap.getChanged().getEnd().concat(gap.getChanged().getEnd()));
    assertThat(report(1, gap).getSplitsList()).as("still ordered").hasSize(1);
    ShardReport.Builder invented = cut(order);
    invented.getChangedBuilder().getCutOffBuilder(0).setId(999);
    assertThat(report(1, invented).getSplitsList()).hasSize(1);
    assertTiles();
    assertThat(map.view().job(job.getId())).isPresent();
  }

  @Test
  void aRefusalEndsAJobWithItsReason() {
    Job job = begin(split());
    assertThat(report(1, true).getSplitsList()).hasSize(1);
    ReportReply reply =
        send(
            ReportRequest.newBuilder()
                .setNode(1)
                .addRefusals(JobRefusal.newBuilder().setJob(job.getId()).setWhy("it is one slot")));
    assertThat(reply.getSplitsList()).as("not ordered while it is given up").isEmpty();
    assertThat(ending(job)).isEqualTo(new Ending(Ending.How.GIVEN_UP, "it is one slot"));
    assertThat(whyShard(shard.getId())).anyMatch(line -> line.endsWith("given up: it is one slot"));
  }

  @Test
  void whatComesToNothingIsGivenUp() {
    Job job = begin(split());
    await().until(() -> !jobs().isEmpty());
    nanos.addAndGet(61 * SECOND);
    assertThat(ending(job).why()).isEqualTo("nothing had come of it after 60 s");
  }

  @Test
  void aTransferIsOverWhenTheOtherLeads() throws Exception {
    Job job = begin(transfer(2));
    TransferOrder order = report(1, true).getTransfers(0);
    assertThat(order.getTo())
        .isEqualTo(
            shard.getReplicasList().stream()
                .filter(replica -> replica.getNode() == 2)
                .findFirst()
                .orElseThrow()
                .getReplica());
    assertThat(report(3, false).getTransfersList()).isEmpty();

    anotherLeaderOfPlacement();
    assertThat(report(1, true).getTransfersList()).containsExactly(order);
    send(
        ReportRequest.newBuilder()
            .setNode(2)
            .addShards(
                ShardReport.newBuilder().setShard(shard.getId()).setTerm(4).setLeader(true)));
    assertThat(ending(job)).isEqualTo(new Ending(Ending.How.DONE, "node 2 leads"));
  }

  @Test
  void aTransferThatNobodyMakesIsGivenUp() {
    Job job = begin(transfer(0));
    await().until(() -> !jobs().isEmpty());
    nanos.addAndGet(16 * SECOND);
    assertThat(ending(job).why()).isEqualTo("nothing had come of it after 15 s");
  }

  @Test
  void wishesThatCannotBeAreRefusedInWords() {
    assertError(administer(transfer(1)), ErrorCode.CONFLICT, "node 1 leads shard 1 already");
    assertError(administer(transfer(8)), ErrorCode.NOT_FOUND, "there is no node 8");
    assertError(
        administer(AdminRequest.newBuilder().setSplit(SplitShardRequest.newBuilder().setShard(99))),
        ErrorCode.NOT_FOUND,
        "there is no shard 99");
    assertError(
        ask(service::explain, ExplainRequest.newBuilder().setShard(99).build()),
        ErrorCode.NOT_FOUND,
        "there is no shard 99");
    assertError(
        ask(service::explain, ExplainRequest.newBuilder().setNode(9).build()),
        ErrorCode.NOT_FOUND,
        "there is no node 9");
    assertError(
        ask(service::explain, ExplainRequest.newBuilder().setNode(0).build()),
        ErrorCode.NOT_FOUND,
        "there is no node 0");
    assertError(
        administer(change(9, ChangeNodeRequest.Change.DRAIN)),
        ErrorCode.NOT_FOUND,
        "there is no node 9");
    assertError(
        administer(AdminRequest.newBuilder()), ErrorCode.INVALID_REQUEST, "nothing is asked for");
    AddShardsRequest fewer =
        AddShardsRequest.newBuilder().setKeyspace("default").setCount(-1).build();
    assertError(
        administer(AdminRequest.newBuilder().setAddShards(fewer)),
        ErrorCode.CONFLICT,
        "-1 shards more; the count must be positive");
    assertError(
        administer(AdminRequest.newBuilder().setCancel(CancelJobRequest.newBuilder().setJob(7777))),
        ErrorCode.NOT_FOUND,
        "there is no job 7777");
    Job job = begin(split());
    assertError(administer(transfer(2)), ErrorCode.CONFLICT, "shard 1 has a job already");
    administer(cancel(job));
    assertError(
        administer(cancel(job)),
        ErrorCode.CONFLICT,
        "job " + job.getId() + " is over already: an operator cancelled it");
  }

  @Test
  void whatHasNoDryRunIsNotDone() {
    Job job = begin(split());
    for (AdminRequest.Builder wish :
        List.of(
            cancel(job),
            change(3, ChangeNodeRequest.Change.REMOVE),
            change(3, ChangeNodeRequest.Change.UNDRAIN),
            AdminRequest.newBuilder().setBalance(SetBalanceRequest.newBuilder()))) {
      assertError(administer(wish.setDryRun(true)), ErrorCode.INVALID_REQUEST, "no dry run");
    }
    assertThat(map.view().job(job.getId())).isPresent();
    assertThat(map.view().settings().balance()).isTrue();
  }

  @Test
  void aDryRunBeginsNothing() {
    long revision = map.view().revision();
    assertThat(begin(split().setDryRun(true)).getId()).isZero();
    assertThat(begin(transfer(2).setDryRun(true)).getId()).isZero();
    assertThat(tellOfMoreShards().getJobsList()).isEmpty();
    assertThat(tellOfMoreShards().getNotesList())
        .satisfiesExactly(
            note -> assertThat(note).startsWith("the keyspace goes from 4 to 5 shards"),
            note -> assertThat(note).startsWith("placement has a new leader, which waits"));
    nanos.addAndGet(6 * SECOND);
    report(1, true);
    report(2, false);
    report(3, false);
    assertThat(
            administer(change(3, ChangeNodeRequest.Change.DRAIN).setDryRun(true))
                .reply()
                .getNotesList())
        .anyMatch(note -> note.contains("holds a replica of shard 1 already"));
    assertThat(tellOfMoreShards().getJobsList()).hasSize(1);
    assertThat(map.view().revision()).isEqualTo(revision);
  }

  private AdminReply tellOfMoreShards() {
    return administer(
            AdminRequest.newBuilder()
                .setDryRun(true)
                .setAddShards(AddShardsRequest.newBuilder().setKeyspace("default").setCount(1)))
        .reply();
  }

  @Test
  void aMoveThatIsCancelledLosesItsLearner() throws Exception {
    registerNodes(4);
    send(ReportRequest.newBuilder().setNode(4).setComplete(true));
    Job job = move(3, 4);
    Replica learner = job.getMove().getTo().toBuilder().setRole(ReplicaRole.LEARNER).build();
    Shard learning =
        shard.toBuilder()
            .setEpoch(shard.getEpoch().toBuilder().setConfVersion(2))
            .addReplicas(learner)
            .build();
    assertThat(
            report(1, ShardReport.newBuilder().setLeader(true).setChanged(learning))
                .getOrdersList())
        .hasSize(1);
    assertThat(administer(cancel(job)).reply().getNotes(0)).contains("on node 4 is removed");
    MoveOrder dismissal = MoveOrder.newBuilder().setShard(learning).setTo(learner).build();
    assertThat(report(1, true).getOrdersList()).containsExactly(dismissal);
    assertThat(send(ReportRequest.newBuilder().setNode(4)).getOrdersList()).isEmpty();
    anotherLeaderOfPlacement();
    assertThat(report(1, true).getOrdersList()).containsExactly(dismissal);
    Shard without =
        shard.toBuilder().setEpoch(shard.getEpoch().toBuilder().setConfVersion(3)).build();
    assertThat(
            report(1, ShardReport.newBuilder().setLeader(true).setChanged(without)).getOrdersList())
        .isEmpty();
  }

  @Test
  void aMoveThatIsBeingTakenInCannotBeCancelled() {
    registerNodes(4);
    send(ReportRequest.newBuilder().setNode(4).setComplete(true));
    Job job = move(3, 4);
    Shard joint =
        shard.toBuilder()
            .setEpoch(shard.getEpoch().toBuilder().setConfVersion(3))
            .addReplicas(job.getMove().getTo().toBuilder().setRole(ReplicaRole.INCOMING))
            .build();
    report(1, ShardReport.newBuilder().setLeader(true).setChanged(joint));
    assertError(administer(cancel(job)), ErrorCode.CONFLICT, "it will be done in a moment");
    assertThat(jobs()).hasSize(1);
  }

  @Test
  void aMoveToANodeThatDrainsIsGivenUp() {
    registerNodes(4);
    send(ReportRequest.newBuilder().setNode(4).setComplete(true));
    Job job = move(3, 4);
    administer(change(4, ChangeNodeRequest.Change.DRAIN));
    assertThat(ending(job).why()).isEqualTo("node 4, where it was to go, is draining");
  }

  @Test
  void aNodeIsRemovedOnlyWhenItIsEmptyAndNeverReturns() {
    assertError(
        administer(change(3, ChangeNodeRequest.Change.REMOVE)),
        ErrorCode.CONFLICT,
        "node 3 cannot be removed: it holds 8 replicas, and 0 are on their way to it; drain it"
            + " first");
    registerNodes(4);
    long before = map.view().revision();
    assertThat(administer(change(4, ChangeNodeRequest.Change.REMOVE)).replies).hasSize(1);
    assertThat(map.view().nodes()).doesNotContainKey(4L);
    assertThat(MapUpdates.since(map.view(), before, List.of()).getRemovedNodesList())
        .containsExactly(4L);
    assertError(
        ask(service::registerNode, register(4)),
        ErrorCode.REMOVED,
        "this is node 4, which was removed from the cluster");
    assertError(
        ask(service::report, ReportRequest.newBuilder().setNode(4).build()),
        ErrorCode.REMOVED,
        "node 4 was removed from the cluster for good");
    assertThat(ask(service::registerNode, register(5)).reply().getNode()).isEqualTo(5);
    assertError(
        administer(change(4, ChangeNodeRequest.Change.DRAIN)),
        ErrorCode.NOT_FOUND,
        "node 4 was removed already");
  }

  @Test
  void aNodeIsRemovedOnlyWhenItHasLetGoOfWhatLeftIt() throws Exception {
    registerNodes(4);
    send(
        ReportRequest.newBuilder()
            .setNode(4)
            .addShards(ShardReport.newBuilder().setShard(shard.getId()).setApplied(9)));
    assertError(
        administer(change(4, ChangeNodeRequest.Change.REMOVE)),
        ErrorCode.CONFLICT,
        "node 4 cannot be removed yet: it is deleting the data of 1 shards");
    send(ReportRequest.newBuilder().setNode(4).addGone(shard.getId()));
    assertThat(administer(change(4, ChangeNodeRequest.Change.REMOVE)).replies).hasSize(1);

    assertThat(ask(service::registerNode, register(5)).reply().getNode()).isEqualTo(5);
    send(
        ReportRequest.newBuilder()
            .setNode(5)
            .addShards(ShardReport.newBuilder().setShard(shard.getId()).setApplied(9)));
    nanos.addAndGet(POLICY.nodeSilentMillis() * 1_000_000L);
    assertThat(administer(change(5, ChangeNodeRequest.Change.REMOVE)).replies)
        .as("who is silent deletes nothing more")
        .hasSize(1);
  }

  @Test
  void whatANewerToolMayAskForNeverGetsIntoTheLog() {
    long before = map.appliedIndex();
    AdminRequest.Builder unknown = change(3, ChangeNodeRequest.Change.DRAIN);
    unknown.getNodeBuilder().setChangeValue(99);
    assertError(administer(unknown), ErrorCode.INVALID_REQUEST, "unknown change; allowed: drain");
    assertThat(map.appliedIndex()).isEqualTo(before);

    UnknownFieldSet newer =
        UnknownFieldSet.newBuilder()
            .addField(77, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    AdminRequest.Builder drain = change(3, ChangeNodeRequest.Change.DRAIN);
    drain.getNodeBuilder().setUnknownFields(newer);
    assertThat(administer(drain).replies).hasSize(1);
    AdminRequest.Builder balance =
        AdminRequest.newBuilder()
            .setBalance(SetBalanceRequest.newBuilder().setOn(false).setUnknownFields(newer));
    assertThat(administer(balance).replies).hasSize(1);
    assertThat(map.view().settings().balance()).isFalse();
  }
}
