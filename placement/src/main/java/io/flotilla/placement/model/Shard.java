package io.flotilla.placement.model;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * A shard's descriptor: a range of encoded keys and who replicates it.
 *
 * @param id also that of its Raft group
 * @param replicas in the order of the first membership; never two on one node
 * @param preferredLeader replica that should campaign first; 0 for none
 * @param frozen if it serves nothing
 */
public record Shard(
    long id,
    int keyspace,
    KeyRange range,
    Epoch epoch,
    List<Replica> replicas,
    long preferredLeader,
    Optional<Frozen> frozen) {
  public Shard {
    replicas = List.copyOf(replicas);
    if (id < 1) {
      throw new IllegalArgumentException("shard id " + id + "; it must be positive");
    }
    if (replicas.isEmpty()) {
      throw new IllegalArgumentException("shard " + id + " has no replicas");
    }
    Set<Long> nodes = new HashSet<>();
    Set<Long> ids = new HashSet<>();
    for (Replica replica : replicas) {
      if (!nodes.add(replica.node()) || !ids.add(replica.id())) {
        throw new IllegalArgumentException(
            "shard " + id + " has two replicas on one node or with one id: " + replicas);
      }
    }
    if (preferredLeader != 0 && !ids.contains(preferredLeader)) {
      throw new IllegalArgumentException(
          "shard " + id + " prefers leader " + preferredLeader + ", not one of its replicas");
    }
  }

  /** One that serves. */
  public Shard(
      long id,
      int keyspace,
      KeyRange range,
      Epoch epoch,
      List<Replica> replicas,
      long preferredLeader) {
    this(id, keyspace, range, epoch, replicas, preferredLeader, Optional.empty());
  }

  /** The replica with this id. */
  public Optional<Replica> replica(long replicaId) {
    return replicas.stream().filter(replica -> replica.id() == replicaId).findFirst();
  }

  /** The replica on this node. */
  public Optional<Replica> replicaOn(long node) {
    return replicas.stream().filter(replica -> replica.node() == node).findFirst();
  }

  /** Where its replicas are. */
  public SortedSet<Long> nodes() {
    SortedSet<Long> nodes = new TreeSet<>();
    replicas.forEach(replica -> nodes.add(replica.node()));
    return nodes;
  }

  /** How many decide, once the change of members that may be under way is done. */
  public int voters() {
    return (int)
        replicas.stream()
            .filter(
                replica ->
                    replica.role() == Replica.Role.VOTER || replica.role() == Replica.Role.INCOMING)
            .count();
  }

  /**
   * Whether more than half of those who decide count. While a change of members is under way, of
   * both: those before and those after it (thesis §4.3).
   */
  public boolean hasMajority(Predicate<Replica> counts) {
    return hasMajority(Replica.Role.OUTGOING, counts) && hasMajority(Replica.Role.INCOMING, counts);
  }

  private boolean hasMajority(Replica.Role without, Predicate<Replica> counts) {
    List<Replica> voters =
        replicas.stream().filter(each -> each.decides() && each.role() != without).toList();
    return voters.stream().filter(counts).count() * 2 > voters.size();
  }

  /** Whether a change of its voters is under way. */
  public boolean isJoint() {
    return replicas.stream().anyMatch(replica -> replica.role().isChanging());
  }
}
