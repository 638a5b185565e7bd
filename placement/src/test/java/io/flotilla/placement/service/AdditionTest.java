package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.placement.model.Ending;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.ChangeNodeRequest;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.MoveOrder;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.rpc.ErrorCode;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A shard says that it has one replica left, and gets the others back. */
final class AdditionTest extends ThreeNodes {
  private long confVersion = 7;

  @BeforeEach
  void oneIsLeft() {
    says(shard.toBuilder().clearReplicas().setPreferredLeader(0).addReplicas(on(1)).build());
  }

  private Replica on(long node) {
    return shard.getReplicasList().stream()
        .filter(replica -> replica.getNode() == node)
        .findFirst()
        .orElseThrow();
  }

  /** The group's own newer word, by its leader on node 1. */
  private ReportReply says(Shard now) {
    shard =
        now.toBuilder().setEpoch(now.getEpoch().toBuilder().setConfVersion(confVersion++)).build();
    return report(1, ShardReport.newBuilder().setLeader(true).setChanged(shard));
  }

  private ReportReply says(Shard before, Replica comes, ReplicaRole role) {
    return says(before.toBuilder().addReplicas(comes.toBuilder().setRole(role)).build());
  }

  /** All nodes report for so long that placement begins something, or would. */
  private void secondsPass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      nanos.addAndGet(SECOND);
      map.view().nodes().keySet().forEach(node -> send(ReportRequest.newBuilder().setNode(node)));
    }
  }

  private Job nextJob() {
    secondsPass(6);
    await().until(() -> jobs().size() == 1);
    return jobs().get(0);
  }

  private List<MoveOrder> ordersTo(long node) {
    return send(ReportRequest.newBuilder().setNode(node)).getOrdersList();
  }

  @Test
  void oneIsAddedAfterTheOtherUntilThereAreAsManyAsWereAskedFor() throws Exception {
    Job job = nextJob();
    assertThat(job.getReason()).isEqualTo("it has 1 of 3 replicas");
    assertThat(job.getMove().getFrom()).isZero();
    assertThat(job.getMove().getVoters()).isEqualTo(2);
    Replica second = job.getMove().getTo();
    long other = 5 - second.getNode();
    assertThat(whyShard(shard.getId()))
        .anyMatch(line -> line.contains("is under way: it adds a replica of shard 1 on node"));
    assertThat(whyNode(1)).anyMatch(line -> line.contains("(shard 1: 2 of 3)"));

    MoveOrder order =
        MoveOrder.newBuilder()
            .setJob(job.getId())
            .setShard(shard)
            .setTo(second)
            .setVoters(2)
            .build();
    assertThat(ordersTo(1)).containsExactly(order);
    assertThat(ordersTo(second.getNode())).containsExactly(order);
    assertThat(ordersTo(other)).isEmpty();
    Shard one = shard;
    assertThat(says(one, second, ReplicaRole.LEARNER).getOrders(0).getVoters()).isEqualTo(2);
    anotherLeaderOfPlacement();
    assertThat(report(1, true).getOrdersList())
        .containsExactly(order.toBuilder().setShard(shard).build());
    says(one, second, ReplicaRole.INCOMING);
    assertError(
        administer(cancel(job)), ErrorCode.CONFLICT, "taking in replica " + second.getReplica());
    assertThat(says(one, second, ReplicaRole.VOTER).getOrdersList()).isEmpty();
    assertThat(ending(job).how()).isEqualTo(Ending.How.DONE);

    Job last = nextJob();
    assertThat(last.getReason()).isEqualTo("it has 2 of 3 replicas");
    assertThat(last.getMove().getVoters()).isEqualTo(3);
    assertThat(last.getMove().getTo().getNode()).isEqualTo(other);
    says(shard, last.getMove().getTo(), ReplicaRole.VOTER);
    assertThat(ending(last).how()).isEqualTo(Ending.How.DONE);
    secondsPass(10);
    assertThat(jobs()).isEmpty();
    assertThat(map.view().shard(shard.getId()).orElseThrow().voters()).isEqualTo(3);
  }

  @Test
  void whatWasCancelledIsTakenBackAndThenTriedAnew() {
    Job job = nextJob();
    Shard one = shard;
    says(one, job.getMove().getTo(), ReplicaRole.LEARNER);
    Replica learner = shard.getReplicas(1);
    assertThat(administer(cancel(job)).reply().getNotes(0))
        .contains("what replica " + learner.getReplica() + " has learned")
        .contains("is removed");
    secondsPass(6);
    assertThat(jobs()).as("first it has to go").isEmpty();
    assertThat(ordersTo(1))
        .containsExactly(MoveOrder.newBuilder().setShard(shard).setTo(learner).build());
    assertThat(ordersTo(learner.getNode())).isEmpty();
    says(one);
    assertThat(ordersTo(1)).noneMatch(order -> order.getJob() == 0);
    assertThat(nextJob().getMove().getTo().getReplica()).isGreaterThan(learner.getReplica());
  }

  /** The group took it in though its job was cancelled, and then there is one more than planned. */
  @Test
  void aJobThatMeetsAnotherNumberOfVotersIsGivenUp() {
    Job job = nextJob();
    administer(cancel(job));
    Job next = nextJob();
    assertThat(next.getMove().getVoters()).isEqualTo(2);
    says(shard, job.getMove().getTo(), ReplicaRole.VOTER);
    assertThat(ending(next).how()).isEqualTo(Ending.How.GIVEN_UP);
    assertThat(ending(next).why()).contains("shard 1 has 2 voters by something else");
    assertThat(nextJob().getMove().getVoters()).isEqualTo(3);
  }

  @Test
  void whereItCannotGoAnyMoreItIsGivenUp() {
    Job job = nextJob();
    long to = job.getMove().getTo().getNode();
    administer(change(to, ChangeNodeRequest.Change.DRAIN));
    assertThat(ending(job).why()).isEqualTo("node " + to + ", where it was to go, is draining");
    assertThat(nextJob().getMove().getTo().getNode()).isEqualTo(5 - to);
  }

  @Test
  void withoutItsLeaderNothingIsBegun() throws Exception {
    anotherLeaderOfPlacement(); // which has not heard who leads
    secondsPass(20);
    assertThat(jobs()).isEmpty();
    assertThat(whyShard(shard.getId()))
        .anyMatch(line -> line.startsWith("it has 1 of 3 replicas, but shard 1 has no leader"));
  }
}
