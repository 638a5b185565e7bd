package io.flotilla.raft.core;

import java.util.List;

/** What a replica of a script had applied when another one fetched it. */
record ScriptSnapshot(long term, Position last, Membership membership, List<String> commands) {
  /** Whether these effects make it the state. */
  boolean isIn(Effects effects) {
    return effects.restore().filter(restore -> restore.last().equals(last)).isPresent();
  }

  @Override
  public String toString() {
    return "snapshot " + last;
  }
}
