package io.flotilla.raft.sim;

import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * Which replicas of a group there ever were, and where; and what an operator has to remember of
 * them. One thread.
 */
final class Homes {
  private final TreeMap<ReplicaId, Integer> nodes = new TreeMap<>();
  private final Set<ReplicaId> lost = new HashSet<>();
  private final List<Change> changes = new ArrayList<>();

  private record Change(Membership target, BooleanSupplier undecided) {}

  /** The first replicas, each on the node of its own number. */
  Homes(int voters) {
    for (int id = 1; id <= voters; id++) {
      nodes.put(new ReplicaId(id), id);
    }
  }

  int nodeOf(ReplicaId replica) {
    return Objects.requireNonNull(nodes.get(replica));
  }

  /** A replica that has never been, for this node. */
  Member fresh(int node) {
    ReplicaId replica = new ReplicaId(nodes.lastKey().value() + 1);
    nodes.put(replica, node);
    return new Member(replica, node);
  }

  /** How many there ever were; they are numbered from 1. */
  int count() {
    return nodes.size();
  }

  /** What it had promised is forgotten: it must never be heard of again. */
  void lose(ReplicaId replica) {
    lost.add(replica);
  }

  boolean isLost(ReplicaId replica) {
    return lost.contains(replica);
  }

  /**
   * A leader has been asked for a change.
   *
   * @param undecided whether it may not have looked at that yet, or not be done
   */
  void changeAsked(Membership target, BooleanSupplier undecided) {
    changes.add(new Change(target, undecided));
  }

  boolean isChangeUndecided() {
    changes.removeIf(change -> !change.undecided().getAsBoolean());
    return !changes.isEmpty();
  }

  /**
   * Whether this names a member of now that an undecided change leaves out: when it is looked at,
   * that one may have been removed for good, and ids never come back.
   */
  boolean mayBringBack(Membership target, Membership now) {
    return isChangeUndecided()
        && changes.stream()
            .anyMatch(
                change ->
                    now.everybody().stream()
                        .map(Member::replica)
                        .anyMatch(
                            replica ->
                                MembershipRules.holds(target, replica)
                                    && !MembershipRules.holds(change.target(), replica)));
  }
}
