package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Ending;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.CancelJobRequest;
import io.flotilla.proto.placement.ChangeNodeRequest;
import io.flotilla.proto.placement.ExplainReply;
import io.flotilla.proto.placement.ExplainRequest;
import io.flotilla.proto.placement.Finding;
import io.flotilla.proto.placement.GetMapRequest;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.MoveReplicaRequest;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.SplitOrder;
import io.flotilla.proto.placement.SplitShardRequest;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.proto.placement.StatusRequest;
import io.flotilla.proto.placement.TransferLeaderRequest;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;

/** A member of placement, and what three nodes that the test plays tell it. */
abstract class ThreeNodes extends OneMember {
  static final long SECOND = 1_000_000_000L;

  Shard shard = Shard.getDefaultInstance();

  @BeforeEach
  final void threeNodesThatReport() {
    registerNodes(3);
    await().until(() -> map.view().keyspaces().size() == 2);
    shard = map().getShards(0);
    report(1, true);
    report(2, false);
    report(3, false);
  }

  final MapUpdate map() {
    return ask(service::getMap, GetMapRequest.getDefaultInstance()).reply();
  }

  final ReportReply report(long node, boolean leads) {
    return report(node, ShardReport.newBuilder().setLeader(leads));
  }

  final ReportReply report(long node, ShardReport.Builder report) {
    return send(
        ReportRequest.newBuilder()
            .setNode(node)
            .addShards(report.setShard(shard.getId()).setTerm(3)));
  }

  final ReportReply send(ReportRequest.Builder report) {
    return ask(service::report, report.build()).reply();
  }

  final FakeCall<AdminRequest, AdminReply> administer(AdminRequest.Builder request) {
    return ask(service::administer, request.build());
  }

  final Job begin(AdminRequest.Builder request) {
    return administer(request).reply().getJobs(0).getJob();
  }

  final AdminRequest.Builder split() {
    return AdminRequest.newBuilder()
        .setSplit(SplitShardRequest.newBuilder().setShard(shard.getId()));
  }

  final AdminRequest.Builder transfer(long to) {
    return AdminRequest.newBuilder()
        .setTransfer(TransferLeaderRequest.newBuilder().setShard(shard.getId()).setToNode(to));
  }

  final Job move(long from, long to) {
    MoveReplicaRequest move =
        MoveReplicaRequest.newBuilder()
            .setShard(shard.getId())
            .setFromNode(from)
            .setToNode(to)
            .build();
    long id =
        administer(AdminRequest.newBuilder().setMove(move)).reply().getJobs(0).getJob().getId();
    return jobs().stream().filter(job -> job.getId() == id).findFirst().orElseThrow();
  }

  static AdminRequest.Builder cancel(Job job) {
    return AdminRequest.newBuilder().setCancel(CancelJobRequest.newBuilder().setJob(job.getId()));
  }

  static AdminRequest.Builder change(long node, ChangeNodeRequest.Change change) {
    return AdminRequest.newBuilder()
        .setNode(ChangeNodeRequest.newBuilder().setNode(node).setChange(change));
  }

  final List<Job> jobs() {
    return status().getJobsList();
  }

  final Ending ending(Job job) {
    await().until(() -> map.view().ended().containsKey(job.getId()));
    EndedJob ended = map.view().ended().get(job.getId());
    assertThat(map.view().job(job.getId())).isEmpty();
    return ended.ending();
  }

  final StatusReply status() {
    return ask(service::status, StatusRequest.getDefaultInstance()).reply();
  }

  final List<String> whyShard(long shard) {
    return why(ExplainRequest.newBuilder().setShard(shard));
  }

  final List<String> whyNode(long node) {
    return why(ExplainRequest.newBuilder().setNode(node));
  }

  private List<String> why(ExplainRequest.Builder request) {
    ExplainReply reply = ask(service::explain, request.build()).reply();
    return reply.getFindingsList().stream().map(Finding::getText).toList();
  }

  /** The group's word that it carried out this order, cut after the first byte. */
  final ShardReport.Builder cut(SplitOrder order) {
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

  final void assertTiles() {
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
  final void anotherLeaderOfPlacement() throws Exception {
    service.close();
    store.close();
    start();
    await().until(() -> map.view().nodes().size() >= 3);
  }
}
