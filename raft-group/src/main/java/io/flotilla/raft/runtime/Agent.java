package io.flotilla.raft.runtime;

import io.flotilla.raft.port.StorageException;

/**
 * A part of the runtime that does a bounded amount of work each time it is asked to. Driven by one
 * thread of its own, or by a simulator that drives all of them.
 */
public interface Agent {
  String name();

  /**
   * Does what there is to do, within bounds.
   *
   * @return how much it was; 0 if there was nothing
   * @throws StorageException if a disk failed; the process must end
   */
  int turn() throws StorageException;

  /**
   * After a turn without work: how long it may sleep if nobody rings, in nanoseconds; for ever
   * unless it says otherwise.
   */
  default long idleNanos() {
    return Long.MAX_VALUE;
  }

  /** Rung when there is something that should end its sleep; as of its last turn. */
  Doorbell doorbell();
}
