package io.flotilla.placement.model;

/**
 * One member of a shard's group.
 *
 * @param node id of the node that holds it
 * @param id never reused, also not on another node
 */
public record Replica(long node, long id, Role role) {
  /** Whether it decides or only listens. */
  public enum Role {
    VOTER,
    LEARNER,
    /** A voter once the change of members under way is done; decides already. */
    INCOMING,
    /** A voter until then. */
    OUTGOING;

    boolean isChanging() {
      return this == INCOMING || this == OUTGOING;
    }
  }

  public Replica {
    if (node < 1 || id < 1) {
      throw new IllegalArgumentException(
          "replica " + id + " on node " + node + "; both ids must be positive");
    }
  }

  /** Whether it has a vote now, perhaps only until the change of members under way is done. */
  public boolean decides() {
    return role != Role.LEARNER;
  }

  /** Whether it decides, now and after the change of members that may be under way. */
  public boolean isVoter() {
    return role == Role.VOTER;
  }
}
