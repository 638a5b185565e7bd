package io.flotilla.placement.store;

import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Shard;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The ranges of live shards tile the key space, at every revision. So a descriptor gets into the
 * map only together with what was cut off from its shard, and only if all of it is exactly what the
 * shard was before.
 */
final class Tiling {
  private Tiling() {}

  /**
   * Why a newer descriptor cannot take the place of the one that is known; nothing if it can.
   *
   * @param cutOff shards that come with it and are not known yet
   * @param ids what was handed out is below these
   */
  static Optional<String> whatIsWrong(Shard before, Shard after, List<Shard> cutOff, FreshIds ids) {
    for (Shard shard : cutOff) {
      if (shard.id() >= ids.shard()
          || shard.keyspace() != before.keyspace()
          || shard.replicas().stream().mapToLong(Replica::id).anyMatch(id -> id >= ids.replica())) {
        return Optional.of(
            String.format(
                "shard %d is said to be cut off from shard %d, but these ids were never handed out",
                shard.id(), before.id()));
      }
    }
    List<Shard> parts = new ArrayList<>(cutOff);
    parts.add(after);
    parts.sort(Comparator.comparing(shard -> shard.range().start()));
    KeyBytes end = before.range().start();
    for (Shard part : parts) {
      if (!part.range().start().equals(end)) {
        return Optional.of(doesNotTile(before, after));
      }
      end = part.range().end();
    }
    return end.equals(before.range().end())
        ? Optional.empty()
        : Optional.of(doesNotTile(before, after));
  }

  private static String doesNotTile(Shard before, Shard after) {
    return String.format(
        "shard %d at epoch %s and what it cut off are not the range %s that it had at epoch %s",
        before.id(), after.epoch(), before.range(), before.epoch());
  }
}
