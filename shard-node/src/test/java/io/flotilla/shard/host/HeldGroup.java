package io.flotilla.shard.host;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.SnapshotProgress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A group whose answers the test holds in its hand. */
public final class HeldGroup implements RaftGroup {
  public final List<CompletableFuture<Long>> barriers = new ArrayList<>();
  public final List<Long> awaited = new ArrayList<>();
  public final List<CompletableFuture<Long>> waiters = new ArrayList<>();
  public Optional<Duration> age = Optional.empty();
  public ReplicaId self = new ReplicaId(71);
  public volatile Membership membership =
      Membership.of(
          List.of(
              new Membership.Member(new ReplicaId(71), 1),
              new Membership.Member(new ReplicaId(72), 2)));
  public final List<byte[]> proposed = new ArrayList<>();
  public final List<CompletableFuture<byte[]>> answers = new ArrayList<>();
  public volatile Optional<Throwable> stopped = Optional.empty();
  public volatile long term = 3;
  public final List<CompletableFuture<Void>> recoveries = new ArrayList<>();
  public RoleName role = RoleName.FOLLOWER;
  public volatile Optional<ReplicaId> leader = Optional.of(new ReplicaId(72));
  public long durablyApplied = 40;
  public List<GroupStatus.PeerStatus> peers = List.of();
  public int flushes;
  public int dissolved;
  public final List<List<Membership.Member>> doubts = new ArrayList<>();
  public final CompletableFuture<Void> removed = new CompletableFuture<>();

  @Override
  public GroupId id() {
    return new GroupId(7);
  }

  @Override
  public CompletableFuture<byte[]> propose(byte[] command) {
    proposed.add(command);
    answers.add(new CompletableFuture<>());
    return answers.get(answers.size() - 1);
  }

  @Override
  public CompletableFuture<Long> readBarrier() {
    barriers.add(new CompletableFuture<>());
    return barriers.get(barriers.size() - 1);
  }

  @Override
  public CompletableFuture<Long> appliedAtLeast(long index) {
    awaited.add(index);
    waiters.add(new CompletableFuture<>());
    return waiters.get(waiters.size() - 1);
  }

  @Override
  public Optional<Duration> stateAge() {
    return age;
  }

  @Override
  public Optional<SnapshotProgress> snapshotComing() {
    return Optional.empty();
  }

  @Override
  public GroupStatus status() {
    return new GroupStatus(
        self, role, term, leader, 1, 41, 3, 41, 41, 40, durablyApplied, membership, peers);
  }

  @Override
  public Optional<Throwable> stoppedBecause() {
    return stopped;
  }

  @Override
  public CompletableFuture<Void> changeMembership(Membership target) {
    throw new AssertionError("asked to change");
  }

  @Override
  public CompletableFuture<Void> recover() {
    recoveries.add(new CompletableFuture<>());
    return recoveries.get(recoveries.size() - 1);
  }

  @Override
  public CompletableFuture<Void> transferLeadership(Optional<ReplicaId> to) {
    throw new AssertionError("asked to hand over");
  }

  @Override
  public CompletableFuture<Void> removed() {
    return removed;
  }

  @Override
  public void askIfRemoved(List<Membership.Member> members) {
    doubts.add(members);
  }

  @Override
  public void dissolve() {
    dissolved++;
  }

  @Override
  public void askToFlush() {
    flushes++;
  }

  @Override
  public void campaign() {
    throw new AssertionError("campaigned");
  }

  @Override
  public CompletableFuture<Void> close() {
    return CompletableFuture.completedFuture(null);
  }
}
