package io.flotilla.placement.service;

import io.flotilla.placement.plan.KeyspaceWish;

/**
 * What placement does where nobody says otherwise.
 *
 * @param replicas of a shard; the built-in keyspaces are created when so many nodes are registered
 * @param initialShards of each built-in keyspace
 * @param nodeSilentMillis a node that has not reported for so long is taken for dead: it gets
 *     nothing new
 */
public record PlacementPolicy(int replicas, int initialShards, int nodeSilentMillis) {
  /** Nodes report each second. */
  public static final PlacementPolicy DEFAULT = new PlacementPolicy(3, 16, 5000);

  public PlacementPolicy {
    require(replicas, 1, KeyspaceWish.REPLICAS_MAX, "placement.replicas");
    require(initialShards, 1, KeyspaceWish.SHARDS_MAX, "placement.initial-shards");
    require(nodeSilentMillis, 2000, 3_600_000, "nodeSilentMillis");
  }

  private static void require(int value, int least, int most, String name) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + "; allowed: " + least + " to " + most);
    }
  }
}
