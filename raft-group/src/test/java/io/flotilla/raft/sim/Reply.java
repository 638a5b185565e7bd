package io.flotilla.raft.sim;

import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import java.util.Optional;

/** What a replica tells a client. */
sealed interface Reply {
  record Wrote(Outcome outcome) implements Reply {}

  record Read(Value value) implements Reply {}

  /**
   * Certainly not done.
   *
   * @param elsewhere the host on which the leader is said to be
   */
  record Refused(Optional<Integer> elsewhere) implements Reply {}

  /** It may have been done, or may yet be. */
  record Unknown() implements Reply {}
}
