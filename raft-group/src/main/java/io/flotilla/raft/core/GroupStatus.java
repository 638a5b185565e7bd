package io.flotilla.raft.core;

import java.util.List;
import java.util.Optional;

/**
 * A look at a replica from outside.
 *
 * @param lastTerm of the entry at {@code lastIndex}
 * @param durablyAppliedIndex at least so much a crash would leave applied here
 * @param peers of a leader; nobody else knows anything of others
 */
public record GroupStatus(
    ReplicaId replica,
    RoleName role,
    long term,
    Optional<ReplicaId> leader,
    long firstIndex,
    long lastIndex,
    long lastTerm,
    long durableIndex,
    long commitIndex,
    long appliedIndex,
    long durablyAppliedIndex,
    Membership membership,
    List<PeerStatus> peers) {
  public GroupStatus {
    peers = List.copyOf(peers);
  }

  /** The roles of Figure 4, with the one that PreVote adds. */
  public enum RoleName {
    FOLLOWER,
    PRE_CANDIDATE,
    CANDIDATE,
    LEADER
  }

  /** How a leader sends to another replica. */
  public enum PeerState {
    /** Where the logs part is not known: one append at a time, until one is taken. */
    PROBE,
    /** The logs agree: appends follow each other without waiting, as far as the window goes. */
    REPLICATE,
    /** What the peer needs was cut from our log; it has been offered a snapshot. */
    SNAPSHOT
  }

  /**
   * What a leader knows of another replica.
   *
   * @param match the last index known to be on its disk and equal to the leader's
   * @param applied as it said last
   * @param durablyApplied at least so much a crash would leave applied there, as it said
   * @param recentlyActive it was heard within the last election timeout, and since this replica
   *     leads
   */
  public record PeerStatus(
      ReplicaId replica,
      long match,
      long applied,
      long durablyApplied,
      PeerState state,
      boolean recentlyActive) {}
}
