package io.flotilla.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.ReplicaStatus;
import io.flotilla.proto.placement.ShardStatus;
import io.flotilla.proto.placement.SnapshotProgress;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FakeJobs;
import io.flotilla.router.client.FakeStatus;
import org.junit.jupiter.api.Test;

/** Job 7 brings replica 97 of shard 1. */
final class JobProgressTest {
  private final ReplicaStatus.Builder comes =
      ReplicaStatus.newBuilder().setNode(3).setReplica(97).setReported(true).setAlive(true);
  private ReplicaRole role = ReplicaRole.LEARNER;
  private boolean isMember = true;
  private long leader = 1;

  private JobProgress progress() {
    Shard.Builder shard = Shard.newBuilder().setId(1).setKeyspace(1);
    ShardStatus.Builder status = ShardStatus.newBuilder().setLeaderNode(leader);
    shard.addReplicas(Replica.newBuilder().setNode(1).setReplica(11));
    status.addReplicas(
        ReplicaStatus.newBuilder()
            .setNode(1)
            .setReplica(11)
            .setReported(true)
            .setAlive(true)
            .setLastIndex(5000));
    if (isMember) {
      shard.addReplicas(Replica.newBuilder().setNode(3).setReplica(97).setRole(role));
      status.addReplicas(comes);
    }
    ClusterStatus read =
        FakeStatus.read(
            StatusReply.newBuilder()
                .addShards(status.setShard(shard))
                .addJobs(FakeJobs.move())
                .build());
    return JobProgress.of(read.jobs().get(0), read);
  }

  @Test
  void aMoveHasThreeSteps() {
    isMember = false;
    assertThat(progress().words()).isEqualTo("step 1 of 3: the group has not begun with it");
    assertThat(progress().left()).isEmpty();
    isMember = true;
    comes.setApplied(2000);
    assertThat(progress().words()).isEqualTo("step 2 of 3: it learns: 2,000 of 5,000 entries");
    assertThat(progress().left()).contains(new JobProgress.Left("entries", 3000));
    role = ReplicaRole.VOTER;
    assertThat(progress().words()).isEqualTo("step 3 of 3: the group is taking it in");
    assertThat(progress().left()).isEmpty();
  }

  @Test
  void whereNobodyLeavesItIsSaidSo() {
    Job.Builder job = FakeJobs.move().toBuilder();
    job.getMoveBuilder().setFrom(0).setVoters(3);
    ClusterStatus read = FakeStatus.read(StatusReply.newBuilder().addJobs(job).build());
    assertThat(read.jobs().get(0).from()).isEmpty();
    assertThat(read.jobs().get(0).words()).isEqualTo("replica 97 on node 3 is added");
    ClusterStatus moves =
        FakeStatus.read(StatusReply.newBuilder().addJobs(FakeJobs.move()).build());
    assertThat(moves.jobs().get(0).words()).isEqualTo("replica 97 on node 3 replaces replica 11");
  }

  @Test
  void ofASnapshotTheBytesAreTold() {
    comes.setSnapshot(SnapshotProgress.newBuilder().setBytes(300 << 10).setBytesTotal(900 << 10));
    assertThat(progress().words()).isEqualTo("step 2 of 3: a snapshot comes: 300 of 900 KiB, 33 %");
    assertThat(progress().left()).contains(new JobProgress.Left("bytes", 600 << 10));
    String step = progress().step();
    comes.setSnapshot(SnapshotProgress.newBuilder().setBytes(310 << 10).setBytesTotal(900 << 10));
    assertThat(progress().step()).as("a few bytes more are no news").isEqualTo(step);
    comes.setSnapshot(SnapshotProgress.newBuilder().setBytes(450 << 10).setBytesTotal(900 << 10));
    assertThat(progress().step()).isNotEqualTo(step);
  }

  @Test
  void whereNothingIsLeftThereIsNoTimeLeft() {
    comes.setSnapshot(SnapshotProgress.newBuilder().setBytes(147 << 10).setBytesTotal(147 << 10));
    assertThat(progress().words())
        .isEqualTo("step 2 of 3: the snapshot, 147 KiB, has come and is being loaded");
    assertThat(progress().left()).isEmpty();
    comes.clearSnapshot().setApplied(5000);
    assertThat(progress().words()).isEqualTo("step 2 of 3: it has learned all, 5,000 entries");
    assertThat(progress().left()).isEmpty();
  }

  @Test
  void whatNobodyHasReportedIsNotKnown() {
    comes.setReported(false);
    assertThat(progress().left()).isEmpty();
  }

  @Test
  void withoutALeaderItWaits() {
    leader = 0;
    assertThat(progress().words()).isEqualTo("it waits until the shard has a leader");
  }
}
