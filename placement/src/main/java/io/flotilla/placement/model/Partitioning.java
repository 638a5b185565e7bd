package io.flotilla.placement.model;

/** How a keyspace orders its keys. */
public enum Partitioning {
  /** By the user's key. */
  RANGE,
  /** By the key's Redis slot, two bytes, and then by the user's key. */
  HASH
}
