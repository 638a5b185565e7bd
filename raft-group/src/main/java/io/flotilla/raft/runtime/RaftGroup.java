package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One replica hosted by a {@link RaftRuntime}. All methods may be called by any thread and never
 * block. Futures complete on a loop or an apply thread: what is chained to them must not block
 * either. They fail with {@link RaftException}, whose {@link RaftException#outcomeUnknown()} tells
 * a refusal from a proposal that may yet take effect.
 */
public interface RaftGroup {
  GroupId id();

  /** Completes with the state machine's result once the command is committed and applied here. */
  CompletableFuture<byte[]> propose(byte[] command);

  /**
   * Completes, with the applied index, once the state machine here has applied all that was
   * committed anywhere before this call: what is then read is linearizable (thesis §6.4).
   */
  CompletableFuture<Long> readBarrier();

  /** As of the last turn. */
  GroupStatus status();

  /** Why this replica takes no further part, if it was stopped; see {@link RaftListener}. */
  Optional<Throwable> stoppedBecause();

  /** Asks the replica to campaign without waiting for its timeout. */
  void campaign();
}
