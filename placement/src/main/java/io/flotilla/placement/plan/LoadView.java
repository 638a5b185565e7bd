package io.flotilla.placement.plan;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Ending;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Shard;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What nodes have said of themselves, as far as plans need it. Volatile: never in placement's log.
 *
 * @param settled whether this leader of placement leads for long enough to have heard from
 *     everybody; until then silence means nothing, and nothing is planned
 * @param health of nodes, by id; one that is not here is silent
 * @param leaders nodes that lead, by shard
 * @param bytes what a shard weighs, roughly, by shard
 * @param heats what a shard is asked, by shard
 * @param endedLately jobs that ended not long ago, one way or another
 * @param inVain nodes that got nothing of a replica which was to go there not long ago
 * @param lost replicas, by id, that take no part any more though their nodes live
 * @param stopped of these, the ones that their nodes keep until they are started again
 */
public record LoadView(
    boolean settled,
    Map<Long, Health> health,
    Map<Long, Long> leaders,
    Map<Long, Long> bytes,
    Map<Long, Heat> heats,
    Set<Long> endedLately,
    Set<Long> inVain,
    Set<Long> lost,
    Set<Long> stopped) {
  /** How a node is, by what was heard of it and when. */
  public enum Health {
    /** Heard, and for long enough that it can be counted on. */
    STEADY,
    /** Heard, but it began, or came back, only lately. */
    FRESH,
    /** Not heard lately. */
    SILENT,
    /** Not heard by placement, but by others: it is not dead, however long this lasts. */
    UNREACHABLE,
    /** Not heard for so long, and by so few, that its replicas are to be replaced. */
    DEAD;

    public boolean isAlive() {
      return this == STEADY || this == FRESH;
    }
  }

  public LoadView {
    health = Map.copyOf(health);
    leaders = Map.copyOf(leaders);
    bytes = Map.copyOf(bytes);
    heats = Map.copyOf(heats);
    endedLately = Set.copyOf(endedLately);
    inVain = Set.copyOf(inVain);
    lost = Set.copyOf(lost);
    stopped = Set.copyOf(stopped);
  }

  /** One in which nothing is known of what shards are asked, and nothing was in vain or lost. */
  public LoadView(
      boolean settled,
      Map<Long, Health> health,
      Map<Long, Long> leaders,
      Map<Long, Long> bytes,
      Set<Long> endedLately) {
    this(settled, health, leaders, bytes, Map.of(), endedLately, Set.of(), Set.of(), Set.of());
  }

  public LoadView with(Map<Long, Heat> known, Set<Long> nodesInVain) {
    return new LoadView(
        settled, health, leaders, bytes, known, endedLately, nodesInVain, lost, stopped);
  }

  public Health of(long node) {
    return health.getOrDefault(node, Health.SILENT);
  }

  public Optional<Long> leaderOf(long shard) {
    return Optional.ofNullable(leaders.get(shard));
  }

  /** Whether it was given up not long ago: what it was for is not tried again for a while. */
  public boolean failedLately(EndedJob ended) {
    return ended.ending().how() == Ending.How.GIVEN_UP && endedLately.contains(ended.job().id());
  }

  /** Whether anybody has said what a shard weighs. */
  public boolean hasWeighed(long shard) {
    return bytes.containsKey(shard);
  }

  /** 0 if nobody has said. */
  public long bytesOf(long shard) {
    return bytes.getOrDefault(shard, 0L);
  }

  /** {@link Heat#NONE} if nobody has said. */
  public Heat heatOf(long shard) {
    return heats.getOrDefault(shard, Heat.NONE);
  }

  /** How many nodes of the cluster are not heard. */
  public long silentIn(ClusterView view) {
    return view.nodes().keySet().stream().filter(node -> !of(node).isAlive()).count();
  }

  /** Whether a replica is on a node that is heard, and not lost there. */
  public boolean takesPart(Replica replica) {
    return of(replica.node()).isAlive() && !lost.contains(replica.id());
  }

  /** Whether no other replica of its shard can come where it is, though it is lost. */
  boolean holdsItsPlace(Replica replica) {
    return stopped.contains(replica.id());
  }

  /** Whether a majority of a shard's voters takes part. */
  public boolean hasMajority(Shard shard) {
    return shard.hasMajority(this::takesPart);
  }
}
