package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.ApplyRound;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A replica as callers see it: takes requests to its loop, or refuses them. */
final class HostedGroup<R extends ApplyRound> implements RaftGroup {
  final Replica<R> replica;
  private final RaftRuntime<R> runtime;
  private final Freshness freshness;

  HostedGroup(Replica<R> replica, RaftRuntime<R> runtime) {
    this.replica = replica;
    this.runtime = runtime;
    this.freshness = runtime.freshness();
  }

  @Override
  public GroupId id() {
    return replica.group;
  }

  @Override
  public CompletableFuture<byte[]> propose(byte[] command) {
    Request.Proposal proposal = new Request.Proposal(replica, command);
    int bytesMax = runtime.commandBytesMax();
    if (command.length > bytesMax) {
      proposal.refuse(new Refusal.TooLarge(bytesMax));
    } else if (runtime.isOverloaded() || replica.isOverloaded()) {
      refuseAsOverloaded(proposal);
    } else {
      submit(proposal);
    }
    return proposal.result;
  }

  @Override
  public CompletableFuture<Long> readBarrier() {
    Request.ReadBarrier read = new Request.ReadBarrier(replica, freshness);
    submit(read);
    return read.applied;
  }

  @Override
  public CompletableFuture<Void> changeMembership(Membership target) {
    Request.Change change = new Request.Change(replica, target);
    submit(change);
    return change.done;
  }

  @Override
  public CompletableFuture<Void> recover() {
    Request.Recovery recovery = new Request.Recovery(replica);
    submit(recovery);
    return recovery.done;
  }

  @Override
  public CompletableFuture<Void> transferLeadership(Optional<ReplicaId> to) {
    Request.Transfer transfer = new Request.Transfer(replica, to);
    submit(transfer);
    return transfer.done;
  }

  @Override
  public CompletableFuture<Void> removed() {
    return replica.removed.copy();
  }

  @Override
  public void askIfRemoved(List<Member> members) {
    replica.askIfRemoved(members);
  }

  @Override
  public void dissolve() {
    replica.dissolve();
  }

  @Override
  public void askToFlush() {
    replica.askToFlush();
  }

  @Override
  public CompletableFuture<Long> appliedAtLeast(long index) {
    return replica.waiters.await(index);
  }

  @Override
  public Optional<Duration> stateAge() {
    return freshness.age();
  }

  @Override
  public Optional<SnapshotProgress> snapshotComing() {
    return runtime.snapshotComing(replica.group);
  }

  private void submit(Request request) {
    if (!replica.loop.offer(request)) {
      refuseAsOverloaded(request);
    }
  }

  private void refuseAsOverloaded(Request request) {
    runtime.listener().refused();
    request.refuse(new Refusal.Overloaded());
  }

  @Override
  public GroupStatus status() {
    return replica.status();
  }

  @Override
  public Optional<Throwable> stoppedBecause() {
    return Optional.ofNullable(replica.stoppedBecause());
  }

  @Override
  public void campaign() {
    replica.askToCampaign();
  }

  @Override
  public CompletableFuture<Void> close() {
    return runtime.close(replica.group);
  }
}
