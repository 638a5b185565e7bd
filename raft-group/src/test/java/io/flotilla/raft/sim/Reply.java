package io.flotilla.raft.sim;

import io.flotilla.raft.core.ReplicaId;
import java.util.Optional;

/** What a replica tells a client. */
sealed interface Reply {
  record Wrote(SimState.Outcome outcome) implements Reply {}

  record Read(long version, long value) implements Reply {}

  /** Certainly not done. */
  record Refused(Optional<ReplicaId> leader) implements Reply {}

  /** It may have been done, or may yet be. */
  record Unknown() implements Reply {}
}
