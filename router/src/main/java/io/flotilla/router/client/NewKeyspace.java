package io.flotilla.router.client;

import java.util.List;

/**
 * A keyspace to be created.
 *
 * @param name which ones are allowed, placement says: a small letter, and up to 63 of {@code a-z
 *     0-9 _ -}
 * @param shards how many to begin with; ignored if there are split keys
 * @param splitKeys where to split a range keyspace; {@code shards} is then one more
 * @param replicas of each shard; 0: the cluster's default
 */
public record NewKeyspace(
    String name, Partitioning partitioning, int shards, List<Bytes> splitKeys, int replicas) {
  public NewKeyspace {
    splitKeys = List.copyOf(splitKeys);
    ClientConfig.require(
        shards >= 1 || !splitKeys.isEmpty(), "number of shards", shards, "at least 1");
    ClientConfig.require(replicas >= 0, "number of replicas", replicas, "at least 1, or 0");
    ClientConfig.require(
        splitKeys.isEmpty() || partitioning == Partitioning.RANGE,
        "partitioning with split keys",
        partitioning,
        "RANGE");
  }

  public static NewKeyspace range(String name, int shards) {
    return new NewKeyspace(name, Partitioning.RANGE, shards, List.of(), 0);
  }

  public static NewKeyspace hash(String name, int shards) {
    return new NewKeyspace(name, Partitioning.HASH, shards, List.of(), 0);
  }
}
