package io.flotilla.placement.model;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A job of two shards: one is absorbed by its neighbour. First it is frozen by an entry of its own
 * log, at exactly the epoch that is expected; once all its replicas have that durably, an entry of
 * the neighbour's log, at exactly the epoch that is expected of that one, takes in its range and
 * its data. So it is over with whichever other change of either epoch comes first. A shard that it
 * leaves frozen is thawed by whoever leads placement, once the neighbour cannot absorb it any more.
 *
 * @param shard which is absorbed, and is no more afterwards
 * @param into the neighbour, on the same nodes
 */
public record Merge(long id, long shard, Epoch expected, long into, Epoch intoEpoch, String reason)
    implements Job {
  public Merge {
    if (into < 1 || into == shard) {
      throw new IllegalArgumentException("shard " + shard + " cannot be merged into " + into);
    }
  }

  @Override
  public Merge begun(long newId) {
    return new Merge(newId, shard, expected, into, intoEpoch, reason);
  }

  @Override
  public List<Long> shards() {
    return List.of(shard, into);
  }

  @Override
  public Optional<String> misfit(Shard now) {
    boolean absorbed = now.id() == shard;
    Epoch wanted = absorbed ? expected : intoEpoch;
    if (!now.epoch().equals(wanted)) {
      return Optional.of(
          String.format("shard %d is at epoch %s, not %s", now.id(), now.epoch(), wanted));
    }
    return now.frozen().isPresent()
        ? Optional.of("shard " + now.id() + " is frozen")
        : Optional.empty();
  }

  /** Why these two cannot become one, in words that follow their names; nothing if they can. */
  public static Optional<String> misfit(Shard one, Shard other) {
    if (one.keyspace() != other.keyspace()) {
      return Optional.of(
          String.format("are of different keyspaces, %d and %d", one.keyspace(), other.keyspace()));
    }
    if (!one.range().isNextTo(other.range())) {
      return Optional.of(
          String.format(
              "are not neighbours: their ranges are %s and %s", one.range(), other.range()));
    }
    if (!one.nodes().equals(other.nodes())) {
      return Optional.of(
          String.format(
              "are not on the same nodes: shard %d is on %s, shard %d on %s",
              one.id(), one.nodes(), other.id(), other.nodes()));
    }
    for (Shard shard : List.of(one, other)) {
      if (!shard.replicas().stream().allMatch(Replica::isVoter)) {
        return Optional.of(
            "are not both at rest: shard " + shard.id() + " is changing its members");
      }
    }
    return Optional.empty();
  }

  /** Whether the shard is frozen for this very job. */
  public boolean hasFrozen(Shard now) {
    return now.id() == shard
        && now.frozen()
            .filter(frozen -> frozen.into() == into && frozen.intoEpoch().equals(intoEpoch))
            .isPresent();
  }

  @Override
  public Optional<Ending> endedBy(Shard now, Set<Long> cutOff, Set<Long> absorbed) {
    if (now.id() == into && absorbed.contains(shard)) {
      return Optional.of(Ending.done("shard " + into + " has absorbed shard " + shard));
    }
    Epoch wanted = now.id() == shard ? expected : intoEpoch;
    return now.epoch().isNewerThan(wanted) && !hasFrozen(now)
        ? Optional.of(
            Ending.givenUp(
                String.format(
                    "shard %d came to epoch %s by something else; it could be merged at %s only",
                    now.id(), now.epoch(), wanted)))
        : Optional.empty();
  }

  @Override
  public String words() {
    return String.format("merges shard %d into its neighbour, shard %d", shard, into);
  }

  @Override
  public <R> R as(Kinds<R> kinds) {
    return kinds.merge(this);
  }
}
