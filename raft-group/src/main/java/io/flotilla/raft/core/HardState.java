package io.flotilla.raft.core;

import java.util.Optional;

/**
 * What must be on disk before anybody hears of it (Figure 2, "persistent state"), beside the log.
 */
public record HardState(long term, Optional<ReplicaId> vote) {
  public static final HardState INITIAL = new HardState(0, Optional.empty());
}
