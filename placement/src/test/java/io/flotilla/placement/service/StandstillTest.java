package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.Ending;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.ChangeNodeRequest;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.SnapshotProgress;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A move whose target everybody hears, and to which nothing comes. */
final class StandstillTest extends ThreeNodes {
  private Job job = Job.getDefaultInstance();
  private Shard learning = Shard.getDefaultInstance();

  @BeforeEach
  void fourLearns() {
    registerNodes(4);
    report(1, true);
    job = move(2, 4);
    learning =
        shard.toBuilder()
            .setEpoch(shard.getEpoch().toBuilder().setConfVersion(2))
            .addReplicas(job.getMove().getTo().toBuilder().setRole(ReplicaRole.LEARNER))
            .build();
    report(1, led().setChanged(learning));
  }

  private ShardReport.Builder led() {
    return ShardReport.newBuilder().setLeader(true).setEpoch(learning.getEpoch());
  }

  private void minutesPass(int minutes) {
    for (int i = 0; i < minutes * 20; i++) {
      nanos.addAndGet(3 * SECOND);
      for (long node = 1; node <= 4; node++) {
        send(ReportRequest.newBuilder().setNode(node));
      }
    }
  }

  private void arrives(ShardReport.Builder there) {
    send(
        ReportRequest.newBuilder()
            .setNode(4)
            .addShards(
                there.setShard(shard.getId()).setReplica(job.getMove().getTo().getReplica())));
  }

  @Test
  void isGivenUpAndItsLearnerDismissed() {
    minutesPass(9);
    assertThat(map.view().job(job.getId())).isPresent();
    minutesPass(2);
    assertThat(ending(job).how()).isEqualTo(Ending.How.GIVEN_UP);
    assertThat(ending(job).why())
        .isEqualTo("node 4, where it was to go, got nothing more of it for 10 minutes");
    ReportReply reply = report(1, led());
    assertThat(reply.getOrdersList()).as("the learner is to go").isNotEmpty();
  }

  /** Node 3 is the only one left to go to: what is wrong is not that node 4 gets nothing. */
  @Test
  void withoutALeaderNobodyIsToBlame() {
    report(1, led().setLeader(false));
    minutesPass(11);
    assertThat(ending(job).why())
        .isEqualTo("the shard had no leader that could bring it to node 4 for 10 minutes");
    assertThat(avoids4()).isFalse();
  }

  /** What counts is who could have brought something all the time. */
  @Test
  void aNewLeaderHasAllTheTimeThatItTakes() {
    report(1, led().setLeader(false));
    minutesPass(9);
    report(1, led());
    minutesPass(9);
    assertThat(map.view().job(job.getId())).isPresent();
    minutesPass(2);
    assertThat(ending(job).why()).contains("got nothing more of it");
  }

  @Test
  void whoGotItIsAvoidedAfterItStoodStill() {
    minutesPass(11);
    assertThat(ending(job).how()).isEqualTo(Ending.How.GIVEN_UP);
    assertThat(avoids4()).isTrue();
  }

  @Test
  void whatIsLostWhereItWentIsGivenUpAtOnce() {
    arrives(ShardReport.newBuilder().setLost(true));
    minutesPass(1);
    assertThat(ending(job).why()).isEqualTo("node 4, where it was to go, has lost it again");
  }

  private boolean avoids4() {
    report(1, led().setChanged(shard.toBuilder().setEpoch(raised())));
    administer(change(2, ChangeNodeRequest.Change.DRAIN));
    return whyShard(shard.getId()).stream().anyMatch(line -> line.contains("got nothing of a"));
  }

  @Test
  void whatGetsOnHasAllTheTimeThatItTakes() {
    for (int i = 1; i <= 5; i++) {
      arrives(
          ShardReport.newBuilder()
              .setSnapshot(SnapshotProgress.newBuilder().setBytes(i).setBytesTotal(9)));
      minutesPass(9);
    }
    arrives(ShardReport.newBuilder().setApplied(7));
    minutesPass(9);
    report(1, led().setChanged(learning.toBuilder().setEpoch(raised())));
    minutesPass(9);
    assertThat(map.view().job(job.getId())).isPresent();
  }

  private io.flotilla.proto.map.Epoch raised() {
    return learning.getEpoch().toBuilder().setConfVersion(3).build();
  }
}
