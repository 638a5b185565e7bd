package io.flotilla.raft.core;

import java.util.Optional;

/** Why something was not begun. A refused proposal certainly did not and will not happen. */
public sealed interface Refusal {
  record NotLeader(Optional<ReplicaId> leader) implements Refusal {}

  /** Too many uncommitted bytes. */
  record Overloaded() implements Refusal {}

  /** Leadership is being handed over. */
  record Transferring(ReplicaId to) implements Refusal {}
}
