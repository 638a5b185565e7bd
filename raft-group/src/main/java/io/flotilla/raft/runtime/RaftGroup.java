package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import java.time.Duration;
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

  /**
   * Completes, with the applied index, once the state machine here has applied this index: what is
   * then read is a prefix of the group's history that holds it, and need not be the newest. Asks
   * nobody, so it may take forever where nothing arrives: the caller bounds the wait by completing
   * the future himself. Refused as overloaded when too many wait, and when the replica stops.
   */
  CompletableFuture<Long> appliedAtLeast(long index);

  /**
   * At most so long ago the state here held all that was committed anywhere: the time, on this
   * node's own clock, since the asking of the youngest {@link #readBarrier} that was reached. Never
   * too little, whatever other clocks and deposed leaders do; too much while nobody asks. Nothing
   * if none was reached since the replica was opened. What is read afterwards is no older.
   */
  Optional<Duration> stateAge();

  /** As of the last turn. */
  GroupStatus status();

  /** Why this replica takes no further part, if it was stopped; see {@link RaftListener}. */
  Optional<Throwable> stoppedBecause();

  /** Asks the replica to campaign without waiting for its timeout. */
  void campaign();
}
