package io.flotilla.shard.host;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Shard;
import io.flotilla.shard.kv.KeyRange;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
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
    List<Owner> later =
        onMap.values().stream()
            .filter(owner -> owner.range().overlaps(range))
            .filter(owner -> owner.version() > shard.getEpoch().getVersion())
            .sorted(
                Comparator.comparing(
                    owner -> owner.range().start(), ByteString.unsignedLexicographicalComparator()))
            .toList();
    ByteString upTo = range.start();
    for (Owner owner : later) {
      if (compare(owner.range().start(), upTo) > 0) {
        return false; // a gap
      }
      if (reaches(owner.range().end(), range.end())) {
        return true;
      }
      upTo = owner.range().end();
    }
    return false;
  }

  /** Both are ends of ranges, of which the empty one is behind all others. */
  private static boolean reaches(ByteString end, ByteString other) {
    return end.isEmpty() || (!other.isEmpty() && compare(end, other) >= 0);
  }

  private static int compare(ByteString one, ByteString other) {
    return ByteString.unsignedLexicographicalComparator().compare(one, other);
  }
}
