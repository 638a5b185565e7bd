package io.flotilla.router.client;

/**
 * Where a key lives.
 *
 * @param encodedKey the key as shards order it: keyspace id, slot of a hash keyspace, key
 */
public record Location(Bytes encodedKey, ClusterStatus.Shard shard) {}
