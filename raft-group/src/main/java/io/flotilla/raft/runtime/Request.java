package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Input;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.core.ReplicaId;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Something a caller waits for, from its inbox to its future. */
abstract sealed class Request {
  private static final int OVERHEAD_BYTES = 100;

  final Replica<?> replica;

  private Request(Replica<?> replica) {
    this.replica = replica;
  }

  abstract Input input(long token);

  /** About what it takes of memory while it waits, in bytes. */
  long weight() {
    return OVERHEAD_BYTES;
  }

  abstract void fail(RaftException cause);

  final void refuse(Refusal refusal) {
    fail(RaftException.refused(refusal));
  }

  /** Who takes no part any more does not lead, and knows of nobody who does. */
  final void refuseAsClosed() {
    refuse(new Refusal.NotLeader(Optional.empty()));
  }

  /** It was begun, and nobody here will know what becomes of it. */
  void abandon(String why) {
    fail(RaftException.unknownOutcome(why));
  }

  static final class Proposal extends Request {
    final CompletableFuture<byte[]> result = new CompletableFuture<>();
    private final byte[] command;
    long index;
    long term;

    Proposal(Replica<?> replica, byte[] command) {
      super(replica);
      this.command = command;
    }

    @Override
    Input input(long token) {
      return new Input.Proposed(token, command);
    }

    @Override
    long weight() {
      return (long) OVERHEAD_BYTES + command.length;
    }

    @Override
    void fail(RaftException cause) {
      result.completeExceptionally(cause);
    }
  }

  static final class Change extends Request {
    final CompletableFuture<Void> done = new CompletableFuture<>();
    final Membership target;
    long index;
    long term;

    Change(Replica<?> replica, Membership target) {
      super(replica);
      this.target = target;
    }

    @Override
    Input input(long token) {
      return new Input.MembershipAsked(token, target);
    }

    @Override
    void fail(RaftException cause) {
      done.completeExceptionally(cause);
    }
  }

  static final class Recovery extends Request {
    final CompletableFuture<Void> done = new CompletableFuture<>();
    long index;

    Recovery(Replica<?> replica) {
      super(replica);
    }

    @Override
    Input input(long token) {
      return new Input.RecoverAsked(token);
    }

    @Override
    void fail(RaftException cause) {
      done.completeExceptionally(cause);
    }
  }

  static final class Transfer extends Request {
    final CompletableFuture<Void> done = new CompletableFuture<>();
    private final Optional<ReplicaId> to;

    Transfer(Replica<?> replica, Optional<ReplicaId> to) {
      super(replica);
      this.to = to;
    }

    @Override
    Input input(long token) {
      return new Input.TransferAsked(token, to);
    }

    @Override
    void fail(RaftException cause) {
      done.completeExceptionally(cause);
    }
  }

  static final class ReadBarrier extends Request {
    final CompletableFuture<Long> applied = new CompletableFuture<>();
    private final Freshness freshness;
    private final Freshness.Moment askedAt;
    long index;

    ReadBarrier(Replica<?> replica, Freshness freshness) {
      super(replica);
      this.freshness = freshness;
      this.askedAt = freshness.now();
    }

    void reached(long appliedIndex) {
      freshness.confirm(askedAt);
      applied.complete(appliedIndex);
    }

    @Override
    Input input(long token) {
      return new Input.ReadAsked(token);
    }

    /** A read leaves nothing behind. */
    @Override
    void abandon(String why) {
      refuseAsClosed();
    }

    @Override
    void fail(RaftException cause) {
      applied.completeExceptionally(cause);
    }
  }
}
