package io.flotilla.shard.host;

import io.flotilla.proto.map.Shard;
import io.flotilla.shard.kv.KeyRange;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Who has which keys by now, as far as the map says. It may lag, but what it says here stays true:
 * the version of who has a key only rises, and an id does not come back. For one thread at a time.
 */
final class Owners {
  private record Owner(KeyRange range, long version) {}

  private final Map<Long, Owner> onMap = new HashMap<>();

  /**
   * Takes in what the map says now.
   *
   * @param complete whether it says all there is, so that everything else is gone
   */
  void take(boolean complete, Collection<Shard> shards, Collection<Long> removed) {
    if (complete) {
      onMap.clear();
    }
    onMap.keySet().removeAll(removed);
    for (Shard shard : shards) {
      onMap.put(shard.getId(), new Owner(KeyRange.of(shard), shard.getEpoch().getVersion()));
    }
  }

  /** Whether the shard is on the map, past this version. */
  boolean arePast(Shard shard) {
    Owner now = onMap.get(shard.getId());
    return now != null && now.version() > shard.getEpoch().getVersion();
  }

  /**
   * Whether the shard is no more: not on the map, and each of its keys is another's, by a later
   * version. Not to be there is not enough: a map of before the shard began does not have it
   * either.
   */
  boolean haveReplaced(Shard shard) {
    if (onMap.containsKey(shard.getId())) {
      return false;
    }
    KeyRange range = KeyRange.of(shard);
    return range.isCoveredBy(
        onMap.values().stream()
            .filter(owner -> owner.version() > shard.getEpoch().getVersion())
            .map(Owner::range)
            .filter(range::overlaps)
            .toList());
  }
}
