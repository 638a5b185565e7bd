package io.flotilla.placement.service;

import io.flotilla.placement.plan.KeyspaceWish;
import io.flotilla.placement.plan.Policy;

/**
 * What placement does where nobody says otherwise.
 *
 * @param replicas of a shard; the built-in keyspaces are created when so many nodes are registered
 * @param initialShards of each built-in keyspace
 * @param nodeSilentMillis a node that has not reported for so long gets nothing new
 * @param nodeDeadMillis a node that has not reported for so long, and is not heard by most of the
 *     others either, is taken for dead: its replicas are replaced
 * @param nodeSteadyMillis a node that has reported for so long without a gap takes part in what is
 *     evened out; so long after its own start, too, a leader of placement evens out nothing
 * @param pace how much is done at once
 */
public record PlacementPolicy(
    int replicas,
    int initialShards,
    int nodeSilentMillis,
    int nodeDeadMillis,
    int nodeSteadyMillis,
    Policy pace) {
  private static final int HOUR_MILLIS = 3_600_000;

  /** Nodes report each second. */
  public static final PlacementPolicy DEFAULT = new PlacementPolicy(3, 16, 5000);

  public PlacementPolicy {
    require(replicas, 1, KeyspaceWish.REPLICAS_MAX, "placement.replicas");
    require(initialShards, 1, KeyspaceWish.SHARDS_MAX, "placement.initial-shards");
    require(nodeSilentMillis, 2000, HOUR_MILLIS, "nodeSilentMillis");
    require(nodeDeadMillis, nodeSilentMillis, 24 * HOUR_MILLIS, "nodeDeadMillis");
    require(nodeSteadyMillis, 1000, HOUR_MILLIS, "nodeSteadyMillis");
  }

  /** With five minutes of grace before a node is taken for dead, and half a minute of calm. */
  public PlacementPolicy(int replicas, int initialShards, int nodeSilentMillis) {
    this(
        replicas,
        initialShards,
        nodeSilentMillis,
        Math.max(300_000, nodeSilentMillis),
        30_000,
        Policy.DEFAULT);
  }

  private static void require(int value, int least, int most, String name) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + "; allowed: " + least + " to " + most);
    }
  }
}
