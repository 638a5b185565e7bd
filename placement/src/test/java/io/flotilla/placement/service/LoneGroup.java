package io.flotilla.placement.service;

import io.flotilla.placement.store.PlacementRound;
import io.flotilla.placement.store.PlacementStateMachine;
import io.flotilla.placement.store.PlacementStore;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.StateMachine.UnknownCommandException;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.RaftException;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.raft.runtime.SnapshotProgress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A group of one that commits at once, as long as it is told that it leads. */
final class LoneGroup implements RaftGroup {
  private final PlacementStore store;
  private final PlacementStateMachine machine;
  volatile boolean leads = true;
  volatile boolean losesAnswers;
  volatile Optional<Refusal> refuses = Optional.empty();
  volatile long term = 1;
  volatile Runnable beforeProposal = () -> {};

  LoneGroup(PlacementStore store, PlacementStateMachine machine) {
    this.store = store;
    this.machine = machine;
  }

  @Override
  public GroupId id() {
    return new GroupId(0);
  }

  @Override
  public CompletableFuture<byte[]> propose(byte[] command) {
    Optional<RaftException> refused = refused();
    if (refused.isPresent()) {
      return CompletableFuture.failedFuture(refused.get());
    }
    beforeProposal.run();
    byte[] result = apply(command);
    return losesAnswers
        ? CompletableFuture.failedFuture(RaftException.unknownOutcome("leadership was lost"))
        : CompletableFuture.completedFuture(result);
  }

  synchronized byte[] apply(byte[] command) {
    Entry entry = new Entry(machine.appliedIndex() + 1, term, Entry.Kind.COMMAND, command);
    try (PlacementRound round = store.newRound()) {
      byte[] result = machine.apply(List.of(entry), round).get(0);
      round.commit();
      return result;
    } catch (StorageException | UnknownCommandException failed) {
      throw new AssertionError(failed);
    }
  }

  @Override
  public CompletableFuture<Long> readBarrier() {
    return refused()
        .<CompletableFuture<Long>>map(CompletableFuture::failedFuture)
        .orElseGet(() -> CompletableFuture.completedFuture(machine.appliedIndex()));
  }

  private Optional<RaftException> refused() {
    Optional<Refusal> refusal =
        leads ? refuses : Optional.of(new Refusal.NotLeader(status().leader()));
    return refusal.map(RaftException::refused);
  }

  @Override
  public CompletableFuture<Void> changeMembership(Membership target) {
    throw new AssertionError("nobody else belongs to it");
  }

  @Override
  public CompletableFuture<Void> recover() {
    throw new AssertionError("it has lost nobody");
  }

  @Override
  public CompletableFuture<Void> transferLeadership(Optional<ReplicaId> to) {
    throw new AssertionError("there is nobody to take it");
  }

  @Override
  public CompletableFuture<Void> removed() {
    return new CompletableFuture<>();
  }

  @Override
  public void askIfRemoved(List<Membership.Member> members) {
    throw new AssertionError("nobody else belongs to it");
  }

  @Override
  public CompletableFuture<Long> appliedAtLeast(long index) {
    throw new AssertionError("asked for an applied index");
  }

  @Override
  public Optional<Duration> stateAge() {
    throw new AssertionError("asked for the age of its state");
  }

  @Override
  public Optional<SnapshotProgress> snapshotComing() {
    throw new AssertionError("asked for a snapshot");
  }

  @Override
  public GroupStatus status() {
    return new GroupStatus(
        new ReplicaId(1),
        leads ? GroupStatus.RoleName.LEADER : GroupStatus.RoleName.FOLLOWER,
        term,
        Optional.of(new ReplicaId(leads ? 1 : 2)),
        1,
        machine.appliedIndex(),
        term,
        machine.appliedIndex(),
        machine.appliedIndex(),
        machine.appliedIndex(),
        machine.appliedIndex(),
        Membership.of(List.of(new Membership.Member(new ReplicaId(1), 1))),
        List.of());
  }

  @Override
  public void dissolve() {
    throw new AssertionError("dissolved");
  }

  @Override
  public void askToFlush() {
    throw new AssertionError("asked to flush");
  }

  @Override
  public void campaign() {
    leads = true;
  }

  @Override
  public Optional<Throwable> stoppedBecause() {
    return Optional.empty();
  }

  @Override
  public CompletableFuture<Void> close() {
    throw new AssertionError("closed");
  }
}
