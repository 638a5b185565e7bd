package io.flotilla.deploy.whole;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import java.util.Comparator;
import java.util.List;

/** The shards of a map hold each key once. */
final class MapTiling {
  private MapTiling() {}

  static void check(ClusterView view) {
    for (Revised<Keyspace> keyspace : view.keyspaces().values()) {
      List<Shard> shards =
          view.shards().values().stream()
              .map(Revised::value)
              .filter(shard -> shard.keyspace() == keyspace.value().id())
              .sorted(Comparator.comparing(shard -> shard.range().start()))
              .toList();
      KeyBytes end = keyspace.value().range().start();
      for (Shard shard : shards) {
        if (!shard.range().start().equals(end)) {
          throw new AssertionError(
              "TILING: shard %d does not begin at %s in the map: %s"
                  .formatted(shard.id(), end, shards));
        }
        end = shard.range().end();
      }
      if (!end.equals(keyspace.value().range().end())) {
        throw new AssertionError("TILING: the map ends at " + end + ": " + shards);
      }
    }
  }
}
