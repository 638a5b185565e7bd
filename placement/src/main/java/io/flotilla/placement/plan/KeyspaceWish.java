package io.flotilla.placement.plan;

import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Partitioning;
import java.util.List;

/**
 * A keyspace as somebody wants it.
 *
 * @param shards number of shards to begin with
 * @param splitKeys user keys at which a range keyspace is cut, rising; empty for even cuts
 * @param replicas of each shard; an odd number is best, since an even one bears no more losses
 */
public record KeyspaceWish(
    String name, Partitioning partitioning, int shards, List<KeyBytes> splitKeys, int replicas) {
  public static final int SHARDS_MAX = 16384;
  public static final int REPLICAS_MAX = 15;
  public static final int SPLIT_KEY_BYTES_MAX = 4096;

  /**
   * @throws IllegalArgumentException if it could not be had in any cluster; the message is for who
   *     wished it
   */
  public KeyspaceWish {
    splitKeys = List.copyOf(splitKeys);
    require(shards >= 1 && shards <= SHARDS_MAX, "shards", shards, "1 to " + SHARDS_MAX);
    require(
        replicas >= 1 && replicas <= REPLICAS_MAX, "replicas", replicas, "1 to " + REPLICAS_MAX);
    require(
        partitioning != Partitioning.HASH || shards <= Keyspace.SLOTS,
        "shards",
        shards,
        "at most one for each of the " + Keyspace.SLOTS + " slots");
    if (!splitKeys.isEmpty()) {
      requireSplitKeys(partitioning, shards, splitKeys);
    }
    // Its id comes later; the name is checked now.
    Keyspace unused = new Keyspace(1, name, partitioning, replicas);
    assert unused.name().equals(name);
  }

  private static void requireSplitKeys(
      Partitioning partitioning, int shards, List<KeyBytes> splitKeys) {
    if (partitioning != Partitioning.RANGE) {
      throw new IllegalArgumentException(
          "split keys are only for range keyspaces; a hash keyspace is split evenly by slot");
    }
    require(
        shards == splitKeys.size() + 1,
        "shards",
        shards,
        "one more than the " + splitKeys.size() + " split keys");
    KeyBytes previous = KeyBytes.EMPTY;
    for (KeyBytes key : splitKeys) {
      require(
          key.length() <= SPLIT_KEY_BYTES_MAX,
          "split key bytes",
          key.length(),
          "at most " + SPLIT_KEY_BYTES_MAX);
      if (key.compareTo(previous) <= 0) {
        throw new IllegalArgumentException(
            "split keys must rise strictly and not be empty: " + key + " follows " + previous);
      }
      previous = key;
    }
  }

  private static void require(boolean holds, String what, int value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(what + " is " + value + "; allowed: " + allowed);
    }
  }
}
