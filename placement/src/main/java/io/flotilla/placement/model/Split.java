package io.flotilla.placement.model;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A job: a shard is to be cut in two. The group takes it as one entry of its log, at exactly the
 * epoch that is expected, so that it is over with whichever change of the epoch comes first.
 *
 * @param at encoded key where the new shard begins; empty: the leader chooses
 * @param newShard id of what is cut off, never used before
 * @param newReplicas of the new shard: one on each node of the old one, with its role
 */
public record Split(
    long id,
    long shard,
    Epoch expected,
    KeyBytes at,
    long newShard,
    List<Replica> newReplicas,
    String reason)
    implements Job {
  public Split {
    newReplicas = List.copyOf(newReplicas);
    if (newShard < 1) {
      throw new IllegalArgumentException("new shard's id " + newShard + "; it must be positive");
    }
  }

  @Override
  public Split begun(long newId) {
    return new Split(newId, shard, expected, at, newShard, newReplicas, reason);
  }

  @Override
  public Optional<String> misfit(Shard now) {
    if (!now.epoch().equals(expected)) {
      return Optional.of(
          String.format("shard %d is at epoch %s, not %s", shard, now.epoch(), expected));
    }
    if (!at.isEmpty() && !now.range().canBeCutAt(at)) {
      return Optional.of("key " + at + " is not inside of " + now.range());
    }
    Set<Long> nodes = new HashSet<>();
    newReplicas.forEach(replica -> nodes.add(replica.node()));
    boolean aligned =
        nodes.size() == now.replicas().size()
            && newReplicas.size() == nodes.size()
            && now.replicas().stream().allMatch(replica -> nodes.contains(replica.node()));
    return aligned
        ? Optional.empty()
        : Optional.of("the new shard's replicas are not where those of shard " + shard + " are");
  }

  @Override
  public Optional<Ending> endedBy(Shard now, Set<Long> cutOff, Set<Long> absorbed) {
    if (cutOff.contains(newShard)) {
      return Optional.of(Ending.done("shard " + newShard + " was split off"));
    }
    return now.epoch().isNewerThan(expected)
        ? Optional.of(
            Ending.givenUp(
                String.format(
                    "shard %d came to epoch %s by something else; it could be split at %s only",
                    shard, now.epoch(), expected)))
        : Optional.empty();
  }

  @Override
  public String words() {
    return String.format(
        "splits shard %d %s; the right part becomes shard %d",
        shard, at.isEmpty() ? "in the middle of its data" : "at key " + at, newShard);
  }

  @Override
  public <R> R as(Kinds<R> kinds) {
    return kinds.split(this);
  }
}
