package io.flotilla.placement.plan;

import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Shard;
import java.util.List;

/**
 * A decision: valid as long as no node and no keyspace has changed since {@code revision}.
 *
 * @param shards in the order of their ranges
 */
public record KeyspacePlan(long revision, Keyspace keyspace, List<Shard> shards) {
  public KeyspacePlan {
    shards = List.copyOf(shards);
  }
}
