package io.flotilla.router.client;

/** How the keys of a keyspace are ordered and split into shards. */
public enum Partitioning {
  /** By the key itself. Scans run in the order of keys. */
  RANGE,
  /** By Redis Cluster's hash slot, then by the key. Load spreads by itself. */
  HASH
}
