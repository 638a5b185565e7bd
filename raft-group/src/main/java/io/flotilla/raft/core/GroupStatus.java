package io.flotilla.raft.core;

import java.util.Optional;

/** A look at a replica from outside. */
public record GroupStatus(
    ReplicaId replica,
    RoleName role,
    long term,
    Optional<ReplicaId> leader,
    long firstIndex,
    long lastIndex,
    long durableIndex,
    long commitIndex,
    long appliedIndex,
    Membership membership) {
  /** The roles of Figure 4, with the one that PreVote adds. */
  public enum RoleName {
    FOLLOWER,
    PRE_CANDIDATE,
    CANDIDATE,
    LEADER
  }
}
