package io.flotilla.placement.model;

import java.util.List;

/**
 * A new keyspace and its shards, as decided; valid as long as no node and no keyspace has changed
 * since {@code revision}.
 *
 * @param shards in the order of their ranges
 */
public record KeyspacePlan(long revision, Keyspace keyspace, List<Shard> shards) {
  public KeyspacePlan {
    shards = List.copyOf(shards);
  }
}
