package io.flotilla.raft.sim;

import io.flotilla.raft.runtime.SnapshotProgress;
import java.util.Optional;

/** How far a replica has come on its way back through a snapshot, as its disk and runtime show. */
enum SnapshotPhase {
  NONE,

  /** Some of it is here. */
  FETCHING,

  /** All of it is here, in files. */
  FETCHED,

  /** It is a state beside that which counts; the log does not know of it, or not durably. */
  LOADED,

  /** The log begins behind it and names it; the state that is shown is still the old one. */
  SWITCHING;

  static SnapshotPhase of(
      NodeReplicas replicas, SimGroup group, Optional<SnapshotProgress> coming) {
    if (replicas.cutAt(group) > replicas.state(group).applied()) {
      return SWITCHING;
    } else if (((SimMachine) replicas.machine(group)).generations().size() > 1) {
      return LOADED;
    }
    return coming
        .map(progress -> progress.bytes() < progress.bytesTotal() ? FETCHING : FETCHED)
        .orElse(NONE);
  }
}
