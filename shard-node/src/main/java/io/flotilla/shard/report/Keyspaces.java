package io.flotilla.shard.report;

import io.flotilla.proto.map.Keyspace;
import io.flotilla.proto.map.Partitioning;
import io.flotilla.proto.placement.MapUpdate;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** How the keyspaces are partitioned, as far as the map says. For the control thread. */
final class Keyspaces {
  private final Map<Integer, Partitioning> known = new HashMap<>();

  void take(MapUpdate update) {
    for (Keyspace keyspace : update.getKeyspacesList()) {
      known.put(keyspace.getId(), keyspace.getPartitioning());
    }
  }

  Optional<Partitioning> partitioning(int keyspace) {
    return Optional.ofNullable(known.get(keyspace));
  }
}
