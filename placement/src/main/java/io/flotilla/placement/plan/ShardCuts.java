package io.flotilla.placement.plan;

import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.KeyRange;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Partitioning;
import java.util.ArrayList;
import java.util.List;

/** Where a new keyspace is cut into shards. */
final class ShardCuts {
  private static final int TWO_BYTES = 1 << 16;

  private ShardCuts() {}

  /** Ranges of encoded keys, in order, that cover exactly the keyspace. */
  static List<KeyRange> of(Keyspace keyspace, KeyspaceWish wish) {
    List<KeyRange> ranges = new ArrayList<>(wish.shards());
    KeyBytes start = keyspace.range().start();
    for (KeyBytes cut : cuts(wish)) {
      KeyBytes end = keyspace.prefix().followedBy(cut);
      ranges.add(new KeyRange(start, end));
      start = end;
    }
    ranges.add(new KeyRange(start, keyspace.range().end()));
    return ranges;
  }

  private static List<KeyBytes> cuts(KeyspaceWish wish) {
    if (!wish.splitKeys().isEmpty()) {
      return wish.splitKeys();
    }
    boolean hash = wish.partitioning() == Partitioning.HASH;
    int values = hash ? Keyspace.SLOTS : TWO_BYTES;
    List<KeyBytes> cuts = new ArrayList<>(wish.shards() - 1);
    for (int i = 1; i < wish.shards(); i++) {
      int cut = (int) ((long) i * values / wish.shards());
      byte high = (byte) (cut >>> 8);
      byte low = (byte) cut;
      // A user's key may be one byte long: cut before it, not between it and its successors.
      cuts.add(low == 0 && !hash ? KeyBytes.of(high) : KeyBytes.of(high, low));
    }
    return cuts;
  }
}
