package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Ending;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.AddShardsRequest;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.BucketHash;
import io.flotilla.proto.placement.CancelJobRequest;
import io.flotilla.proto.placement.ChangeNodeRequest;
import io.flotilla.proto.placement.ExplainReply;
import io.flotilla.proto.placement.ExplainRequest;
import io.flotilla.proto.placement.Finding;
import io.flotilla.proto.placement.GetMapRequest;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.JobRefusal;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.MoveOrder;
import io.flotilla.proto.placement.MoveReplicaReply;
import io.flotilla.proto.placement.MoveReplicaRequest;
import io.flotilla.proto.placement.ReplicaStatus;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.SetBalanceRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.ShardStatus;
import io.flotilla.proto.placement.SnapshotProgress;
import io.flotilla.proto.placement.SplitOrder;
import io.flotilla.proto.placement.SplitShardRequest;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.proto.placement.StatusRequest;
import io.flotilla.proto.placement.TransferLeaderRequest;
import io.flotilla.proto.placement.TransferOrder;
import io.flotilla.rpc.ErrorCode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Each kind of job from the wish to its end, with everything that may come between: cancelling, a
 * change of placement's leader, refusals, silence.
 */
final class JobTest extends OneMember {
  private static final long SECOND = 1_000_000_000L;

  private Shard shard = Shard.getDefaultInstance();

  @BeforeEach
  void threeNodesThatReport() {
    registerNodes(3);
    await().until(() -> map.view().keyspaces().size() == 2);
    shard = map().getShards(0);
    report(1, true);
    report(2, false);
    report(3, false);
  }

  private MapUpdate map() {
    return ask(service::getMap, GetMapRequest.getDefaultInstance()).reply();
  }

  private ReportReply report(long node, boolean leads) {
    return report(node, ShardReport.newBuilder().setLeader(leads));
  }

  private ReportReply report(long node, ShardReport.Builder report) {
    return send(
        ReportRequest.newBuilder()
            .setNode(node)
            .addShards(report.setShard(shard.getId()).setTerm(3)));
  }

  private ReportReply send(ReportRequest.Builder report) {
    return ask(service::report, report.build()).reply();
  }

  private FakeCall<AdminRequest, AdminReply> administer(AdminRequest.Builder request) {
    return ask(service::administer, request.build());
  }

  private Job begin(AdminRequest.Builder request) {
    return administer(request).reply().getJobs(0).getJob();
  }

  private AdminRequest.Builder split() {
    return AdminRequest.newBuilder()
        .setSplit(SplitShardRequest.newBuilder().setShard(shard.getId()));
  }

  private AdminRequest.Builder transfer(long to) {
    return AdminRequest.newBuilder()
        .setTransfer(TransferLeaderRequest.newBuilder().setShard(shard.getId()).setToNode(to));
  }

  private Job move(long from, long to) {
    FakeCall<MoveReplicaRequest, MoveReplicaReply> call =
        ask(
            service::moveReplica,
            MoveReplicaRequest.newBuilder()
                .setShard(shard.getId())
                .setFromNode(from)
                .setToNode(to)
                .build());
    long id = call.reply().getJob().getJob();
    return jobs().stream().filter(job -> job.getId() == id).findFirst().orElseThrow();
  }

  private static AdminRequest.Builder cancel(Job job) {
    return AdminRequest.newBuilder().setCancel(CancelJobRequest.newBuilder().setJob(job.getId()));
  }

  private static AdminRequest.Builder change(long node, ChangeNodeRequest.Change change) {
    return AdminRequest.newBuilder()
        .setNode(ChangeNodeRequest.newBuilder().setNode(node).setChange(change));
  }

  private List<Job> jobs() {
    return status().getJobsList();
  }

  private Ending ending(Job job) {
    await().until(() -> map.view().ended().containsKey(job.getId()));
    EndedJob ended = map.view().ended().get(job.getId());
    assertThat(map.view().job(job.getId())).isEmpty();
    return ended.ending();
  }

  private StatusReply status() {
    return ask(service::status, StatusRequest.getDefaultInstance()).reply();
  }

  private List<String> why(long shardId, long node) {
    ExplainRequest request = ExplainRequest.newBuilder().setShard(shardId).setNode(node).build();
    ExplainReply reply = ask(service::explain, request).reply();
    return reply.getFindingsList().stream().map(Finding::getText).toList();
  }

  /** The group's word that it carried out this order, cut after the first byte. */
  private ShardReport.Builder cut(SplitOrder order) {
    Shard before = order.getShard();
    ByteString at = before.getStart().concat(ByteString.copyFrom(new byte[] {1}));
    Epoch epoch =
        before.getEpoch().toBuilder().setVersion(before.getEpoch().getVersion() + 1).build();
    Shard child =
        Shard.newBuilder()
            .setId(order.getNewShard())
            .setKeyspace(before.getKeyspace())
            .setStart(at)
            .setEnd(before.getEnd())
            .setEpoch(epoch)
            .addAllReplicas(order.getNewReplicasList())
            .build();
    Shard parent = before.toBuilder().setEnd(at).setEpoch(epoch).addCutOff(child).build();
    return ShardReport.newBuilder().setLeader(true).setChanged(parent);
  }

  private void assertTiles() {
    ClusterView view = map.view();
    var first = view.keyspaces().get(shard.getKeyspace()).value().range();
    var shards =
        view.shards().values().stream()
            .map(each -> each.value())
            .filter(each -> each.keyspace() == shard.getKeyspace())
            .sorted((a, b) -> a.range().start().compareTo(b.range().start()))
            .toList();
    var end = first.start();
    for (var each : shards) {
      assertThat(each.range().start()).isEqualTo(end);
      end = each.range().end();
    }
    assertThat(end).isEqualTo(first.end());
  }

  /** As when another member has led for a while: what is volatile begins anew. */
  private void anotherLeaderOfPlacement() throws Exception {
    service.close();
    store.close();
    start();
    await().until(() -> map.view().nodes().size() >= 3);
  }

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
    assertThat(cancelled.getNotes(0)).contains("if shard 1 was cut already, it stays cut");
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
    assertThat(ending(job).why()).contains("it could be cut at 1.1 only");
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
    assertThat(why(shard.getId(), 0)).anyMatch(line -> line.endsWith("given up: it is one slot"));
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
        administer(change(9, ChangeNodeRequest.Change.DRAIN)),
        ErrorCode.NOT_FOUND,
        "there is no node 9");
    assertError(
        administer(AdminRequest.newBuilder()), ErrorCode.INVALID_REQUEST, "nothing is asked for");
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
  void aDryRunBeginsNothing() {
    long revision = map.view().revision();
    assertThat(begin(split().setDryRun(true)).getId()).isZero();
    assertThat(begin(transfer(2).setDryRun(true)).getId()).isZero();
    nanos.addAndGet(6 * SECOND);
    report(1, true);
    report(2, false);
    report(3, false);
    assertThat(
            administer(change(3, ChangeNodeRequest.Change.DRAIN).setDryRun(true))
                .reply()
                .getNotesList())
        .anyMatch(note -> note.contains("holds a replica of shard 1 already"));
    assertThat(
            administer(
                    AdminRequest.newBuilder()
                        .setDryRun(true)
                        .setAddShards(
                            AddShardsRequest.newBuilder().setKeyspace("default").setCount(1)))
                .reply()
                .getJobsList())
        .hasSize(1);
    assertThat(map.view().revision()).isEqualTo(revision);
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
        ErrorCode.CONFLICT,
        "this is node 4, which was removed from the cluster");
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
    assertThat(why(shard.getId(), 0)).anyMatch(line -> line.contains("node 3 (silent)"));
    secondsPass(2, 3);
    await().until(() -> !jobs().isEmpty());
    assertThat(jobs())
        .hasSize(2)
        .allMatch(job -> job.getReason().equals("node 3 is dead"))
        .allMatch(job -> job.getMove().getTo().getNode() == 4);
  }

  @Test
  void aNodeThatOnlyPlacementCannotReachIsLeftAlone() {
    registerNodes(4);
    allLead(1);
    administer(AdminRequest.newBuilder().setBalance(SetBalanceRequest.newBuilder().setOn(false)));
    heardByOthers.add(3L);
    secondsPass(POLICY.nodeDeadMillis() / 1000 + 60, 3);
    assertThat(jobs()).isEmpty();
    assertThat(why(0, 3)).anyMatch(line -> line.contains("unreachable from placement, but heard"));
    assertThat(status().getNodesList())
        .filteredOn(each -> !each.getAlive())
        .singleElement()
        .matches(each -> each.getNode().getId() == 3 && each.getHeardBy() == 3);
    heardByOthers.clear();
    secondsPass(2, 3);
    await().until(() -> !jobs().isEmpty());
    assertThat(jobs()).allMatch(job -> job.getReason().equals("node 3 is dead"));
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
}
