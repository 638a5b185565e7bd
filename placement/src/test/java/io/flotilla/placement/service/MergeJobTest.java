package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.placement.model.Ending;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Frozen;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.AddShardsRequest;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.CancelJobRequest;
import io.flotilla.proto.placement.ExplainRequest;
import io.flotilla.proto.placement.Finding;
import io.flotilla.proto.placement.GetMapRequest;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.JobRefusal;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.MergeOrder;
import io.flotilla.proto.placement.MergeShardRequest;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.ShardStatus;
import io.flotilla.proto.placement.StatusRequest;
import io.flotilla.rpc.ErrorCode;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A merge from the wish to its end, with all that may come between. Shard 2 is absorbed by shard 1;
 * node 2 leads the one, node 1 the other.
 */
final class MergeJobTest extends OneMember {
  private static final long SECOND = 1_000_000_000L;
  private static final long SOURCE = 2;
  private static final long TARGET = 1;

  private Shard source = Shard.getDefaultInstance();
  private Shard target = Shard.getDefaultInstance();

  @BeforeEach
  void threeNodesThatReport() {
    registerNodes(3);
    await().until(() -> map.view().keyspaces().size() == 2);
    target = map().getShards(0);
    source = map().getShards(1);
    assertThat(source.getId()).isEqualTo(SOURCE);
    toSource();
    toTarget();
    send(ReportRequest.newBuilder().setNode(3));
  }

  private MapUpdate map() {
    return ask(service::getMap, GetMapRequest.getDefaultInstance()).reply();
  }

  private ReportReply send(ReportRequest.Builder report) {
    return ask(service::report, report.build()).reply();
  }

  private ReportReply send(long node, long shard, ShardReport.Builder report) {
    return send(
        ReportRequest.newBuilder()
            .setNode(node)
            .addShards(report.setShard(shard).setLeader(true).setTerm(3)));
  }

  /** What the source's leader is told. */
  private List<MergeOrder> toSource() {
    return send(2, SOURCE, ShardReport.newBuilder().setEpoch(source.getEpoch())).getMergesList();
  }

  private List<MergeOrder> toTarget() {
    return send(1, TARGET, ShardReport.newBuilder().setEpoch(target.getEpoch())).getMergesList();
  }

  private List<MergeOrder> sourceIs(Shard now) {
    source = now;
    return send(2, SOURCE, ShardReport.newBuilder().setEpoch(now.getEpoch()).setChanged(now))
        .getMergesList();
  }

  private List<MergeOrder> targetIs(Shard now) {
    target = now;
    return send(1, TARGET, ShardReport.newBuilder().setEpoch(now.getEpoch()).setChanged(now))
        .getMergesList();
  }

  private void settled() {
    send(2, SOURCE, ShardReport.newBuilder().setEpoch(source.getEpoch()).setSettled(true));
  }

  private FakeCall<AdminRequest, AdminReply> administer(AdminRequest.Builder request) {
    return ask(service::administer, request.build());
  }

  private static AdminRequest.Builder merge(long shard, long into) {
    return AdminRequest.newBuilder()
        .setMerge(MergeShardRequest.newBuilder().setShard(shard).setInto(into));
  }

  private Job begin() {
    return administer(merge(SOURCE, TARGET)).reply().getJobs(0).getJob();
  }

  private AdminReply cancel(Job job) {
    return administer(
            AdminRequest.newBuilder().setCancel(CancelJobRequest.newBuilder().setJob(job.getId())))
        .reply();
  }

  private Ending ending(Job job) {
    await().until(() -> map.view().ended().containsKey(job.getId()));
    assertThat(map.view().job(job.getId())).isEmpty();
    return map.view().ended().get(job.getId()).ending();
  }

  private List<String> why(long shard) {
    return ask(service::explain, ExplainRequest.newBuilder().setShard(shard).build())
        .reply()
        .getFindingsList()
        .stream()
        .map(Finding::getText)
        .toList();
  }

  private ShardStatus status(long shard) {
    return ask(service::status, StatusRequest.getDefaultInstance()).reply().getShardsList().stream()
        .filter(status -> status.getShard().getId() == shard)
        .findFirst()
        .orElseThrow();
  }

  private static Epoch next(Shard shard) {
    return shard.getEpoch().toBuilder().setVersion(shard.getEpoch().getVersion() + 1).build();
  }

  private Shard frozen() {
    return source.toBuilder()
        .setEpoch(next(source))
        .setFrozen(
            Frozen.newBuilder()
                .setInto(TARGET)
                .setIntoEpoch(target.getEpoch())
                .setIndex(9)
                .addAllReplicas(source.getReplicasList()))
        .build();
  }

  private Shard united() {
    return target.toBuilder().setEpoch(next(source)).setEnd(source.getEnd()).build();
  }

  private MergeOrder order(Job job, MergeOrder.Step step, Shard who, Shard other) {
    return MergeOrder.newBuilder()
        .setJob(job.getId())
        .setStep(step)
        .setShard(who)
        .setOther(other)
        .build();
  }

  private static MergeOrder order(MergeOrder.Step step, Shard who) {
    return MergeOrder.newBuilder().setStep(step).setShard(who).build();
  }

  /** As when another member has led for a while: what is volatile begins anew. */
  private void anotherLeaderOfPlacement() throws Exception {
    service.close();
    store.close();
    start();
    await().until(() -> map.view().nodes().size() >= 3);
  }

  @Test
  void eachStepIsOrderedUntilItsGroupHasTakenItWhoeverLeadsPlacement() throws Exception {
    Job job = begin();
    MergeOrder freeze = order(job, MergeOrder.Step.FREEZE, source, target);
    assertThat(toTarget()).as("only who has to take the step").isEmpty();
    assertThat(toSource()).containsExactly(freeze);
    anotherLeaderOfPlacement();
    assertThat(toSource()).containsExactly(freeze);

    assertThat(sourceIs(frozen())).as("not settled yet").isEmpty();
    assertThat(toTarget()).as("not settled yet").isEmpty();
    assertThat(status(SOURCE).getSettled()).isFalse();
    anotherLeaderOfPlacement();
    toSource();
    assertThat(toTarget()).as("not settled, as far as this leader has heard").isEmpty();
    settled();
    assertThat(status(SOURCE).getSettled()).isTrue();
    MergeOrder absorb = order(job, MergeOrder.Step.ABSORB, target, source);
    assertThat(toTarget()).containsExactly(absorb);
    anotherLeaderOfPlacement();
    settled();
    assertThat(toTarget()).containsExactly(absorb);

    long before = map.view().revision();
    assertThat(targetIs(united())).isEmpty();
    assertThat(map.view().shards()).doesNotContainKey(SOURCE);
    MapUpdate update = MapUpdates.since(map.view(), before, List.of());
    assertThat(update.getRemovedShardsList()).containsExactly(SOURCE);
    assertThat(update.getShardsList()).containsExactly(target);
    assertThat(ending(job)).isEqualTo(new Ending(Ending.How.DONE, "shard 1 has absorbed shard 2"));
    await()
        .untilAsserted(
            () ->
                assertThat(map().getLeadersList())
                    .noneMatch(leader -> leader.getShard() == SOURCE));
    assertThat(why(TARGET)).anyMatch(line -> line.contains("shard 1 has absorbed shard 2"));
    assertError(
        ask(service::explain, ExplainRequest.newBuilder().setShard(SOURCE).build()),
        ErrorCode.NOT_FOUND,
        "there is no shard 2: it was merged into shard 1");
  }

  @Test
  void aCancelledMergeIsTakenBackOnlyOnceTheNeighbourCannotAbsorbIt() throws Exception {
    Job job = begin();
    toSource();
    sourceIs(frozen());
    settled();
    assertThat(cancel(job).getNotes(0)).contains("shard 2 is taken back");
    assertThat(why(SOURCE)).anyMatch(line -> line.startsWith("it is frozen, and serves nothing"));
    MergeOrder fence = order(MergeOrder.Step.FENCE, target);
    assertThat(toSource()).as("the neighbour may yet absorb it").isEmpty();
    assertThat(toTarget()).containsExactly(fence);
    anotherLeaderOfPlacement();
    assertThat(toSource()).isEmpty();
    assertThat(toTarget()).containsExactly(fence);
    assertThat(targetIs(target.toBuilder().setEpoch(next(target)).build())).isEmpty();
    MergeOrder thaw = order(MergeOrder.Step.THAW, source);
    assertThat(toSource()).containsExactly(thaw);
    anotherLeaderOfPlacement();
    assertThat(toSource()).containsExactly(thaw);
    Shard thawed = source.toBuilder().setEpoch(next(source)).clearFrozen().build();
    assertThat(sourceIs(thawed)).isEmpty();
    assertThat(toTarget()).isEmpty();
    assertThat(map.view().shards()).containsKeys(SOURCE, TARGET);
  }

  @Test
  void aCancelThatComesTooLateLeavesWhatHappened() {
    Job job = begin();
    toSource();
    sourceIs(frozen());
    settled();
    assertThat(toTarget()).hasSize(1);
    cancel(job);
    assertThat(targetIs(united())).isEmpty();
    assertThat(toSource()).as("it is no more").isEmpty();
    assertThat(map.view().shards()).doesNotContainKey(SOURCE);
    assertThat(ending(job).how()).isEqualTo(Ending.How.CANCELLED);
  }

  @Test
  void whatWasFrozenAfterItsJobWasOverIsTakenBackToo() {
    Job job = begin();
    toSource();
    cancel(job);
    assertThat(toSource()).isEmpty();
    sourceIs(frozen());
    assertThat(toTarget()).containsExactly(order(MergeOrder.Step.FENCE, target));
  }

  @Test
  void aNeighbourWhoseEpochHasMovedByItselfNeedsNoFence() {
    Job job = begin();
    toSource();
    sourceIs(frozen());
    Epoch conf = target.getEpoch().toBuilder().setConfVersion(7).build();
    targetIs(target.toBuilder().setEpoch(conf).build());
    assertThat(ending(job).why()).contains("shard 1 came to epoch 1.7 by something else");
    assertThat(toTarget()).isEmpty();
    assertThat(toSource()).containsExactly(order(MergeOrder.Step.THAW, source));
  }

  @Test
  void whatComesToNothingIsGivenUp() {
    Job job = begin();
    toSource();
    secondsPass(58);
    assertThat(map.view().job(job.getId())).isPresent();
    secondsPass(4);
    assertThat(ending(job))
        .isEqualTo(new Ending(Ending.How.GIVEN_UP, "nothing had come of it after 60 s"));
  }

  private void secondsPass(int seconds) {
    for (int i = 0; i < seconds; i += 2) {
      nanos.addAndGet(2 * SECOND);
      toSource();
      toTarget();
      send(ReportRequest.newBuilder().setNode(3));
    }
  }

  @Test
  void aSilentNodeEndsItAtOnceForAFrozenShardServesNobody() {
    Job job = begin();
    toSource();
    sourceIs(frozen());
    nanos.addAndGet(4 * SECOND);
    toSource();
    toTarget();
    nanos.addAndGet(2 * SECOND);
    assertThat(ending(job).why())
        .isEqualTo("node 3 is silent, and it takes all replicas of both shards");
    assertThat(toTarget()).containsExactly(order(MergeOrder.Step.FENCE, target));
  }

  @Test
  void aRefusalEndsItWithItsReason() {
    Job job = begin();
    toSource();
    ReportReply reply =
        send(
            ReportRequest.newBuilder()
                .setNode(2)
                .addRefusals(JobRefusal.newBuilder().setJob(job.getId()).setWhy("it is joint")));
    assertThat(reply.getMergesList()).as("not ordered while it is given up").isEmpty();
    assertThat(ending(job)).isEqualTo(new Ending(Ending.How.GIVEN_UP, "it is joint"));
  }

  /** What was said of an earlier version, or is said after another freeze, does not count. */
  @Test
  void settledIsSaidOfOneFreezeOnly() {
    begin();
    toSource();
    // Of an earlier one, and its last word: another node leads since.
    send(
        ReportRequest.newBuilder()
            .setNode(3)
            .addShards(
                ShardReport.newBuilder()
                    .setShard(SOURCE)
                    .setEpoch(source.getEpoch())
                    .setSettled(true)));
    sourceIs(frozen());
    assertThat(toTarget()).isEmpty();
    settled();
    assertThat(toTarget()).hasSize(1);
  }

  @Test
  void wishesThatCannotBeAreRefusedInWords() {
    assertError(administer(merge(9, 1)), ErrorCode.NOT_FOUND, "there is no shard 9");
    assertError(administer(merge(2, 9)), ErrorCode.NOT_FOUND, "there is no shard 9");
    assertError(administer(merge(2, 2)), ErrorCode.CONFLICT, "cannot be merged into itself");
    assertError(administer(merge(1, 3)), ErrorCode.CONFLICT, "are not neighbours: their ranges");
    assertError(administer(merge(4, 5)), ErrorCode.CONFLICT, "are of different keyspaces, 1 and 2");
    assertError(
        administer(merge(3, 4)),
        ErrorCode.CONFLICT,
        "have to wait: shard 3 has no leader that placement knows of");
    assertThat(
            administer(merge(SOURCE, TARGET).setDryRun(true)).reply().getJobs(0).getJob().getId())
        .isZero();
    assertThat(map.view().jobs()).isEmpty();
    Job job = begin();
    assertThat(begin()).as("the same").isEqualTo(job);
    assertThat(administer(merge(SOURCE, 0)).reply().getJobs(0).getJob()).isEqualTo(job);
    assertError(
        administer(merge(TARGET, SOURCE)),
        ErrorCode.CONFLICT,
        "have to wait: shard 1 has a job already: it merges shard 2 into its neighbour, shard 1");
    cancel(job);
    sourceIs(frozen());
    assertError(administer(merge(SOURCE, TARGET)), ErrorCode.CONFLICT, "shard 2 is frozen");
  }

  @Test
  void ofTwoNeighboursTheOneThatFitsIsTaken() {
    assertThat(administer(merge(SOURCE, 0).setDryRun(true)).reply().getJobs(0).getJob())
        .satisfies(job -> assertThat(job.getMerge().getInto()).isEqualTo(TARGET));
    assertThat(administer(merge(TARGET, 0).setDryRun(true)).reply().getJobs(0).getJob())
        .satisfies(job -> assertThat(job.getMerge().getInto()).isEqualTo(SOURCE));
    send(1, 3, ShardReport.newBuilder());
    assertThat(administer(merge(3, 0).setDryRun(true)).reply().getJobs(0).getJob())
        .satisfies(job -> assertThat(job.getMerge().getInto()).isEqualTo(SOURCE));
  }

  @Test
  void whatIsAskedForIsNotMergedAway() {
    assertThat(map.view().settings().floors()).containsOnly(entry(1, 4), entry(2, 4));
    administer(add(2));
    assertThat(map.view().settings().floors()).containsEntry(1, 6);
    administer(add(0));
    assertThat(map.view().settings().floors()).as("called off").containsEntry(1, 4);
    assertThat(map.view().settings().goals()).isEmpty();
  }

  private static AdminRequest.Builder add(int count) {
    return AdminRequest.newBuilder()
        .setAddShards(AddShardsRequest.newBuilder().setKeyspace("default").setCount(count));
  }

  @Test
  void aGapIsNotTaken() {
    Job job = begin();
    toSource();
    sourceIs(frozen());
    settled();
    Shard half =
        united().toBuilder().setEnd(source.getStart().concat(ByteString.copyFromUtf8("x"))).build();
    Shard before = target;
    assertThat(targetIs(half)).as("still ordered").hasSize(1);
    assertThat(map.view().job(job.getId())).isPresent();
    target = before;
    targetIs(united());
    assertThat(ending(job).how()).isEqualTo(Ending.How.DONE);
  }
}
