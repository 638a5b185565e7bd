package io.flotilla.placement.plan;

import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Shard;

/** The hash slots of a shard: two bytes, big-endian, after the four of the keyspace. */
final class Slots {
  private static final int KEYSPACE_BYTES = 4;

  private Slots() {}

  /** How many slots begin in the range of a shard of a hash keyspace. */
  static int within(Shard shard) {
    boolean toTheEnd = shard.range().end().length() <= KEYSPACE_BYTES;
    int end = toTheEnd ? Keyspace.SLOTS : slotAt(shard.range().end());
    return end - slotAt(shard.range().start());
  }

  /** Whether a slot begins at a key. */
  static boolean isBorder(KeyBytes key) {
    return key.length() == KEYSPACE_BYTES + 2 && slotAt(key) < Keyspace.SLOTS;
  }

  private static int slotAt(KeyBytes key) {
    byte[] bytes = key.toByteArray();
    int high = bytes.length > KEYSPACE_BYTES ? bytes[KEYSPACE_BYTES] & 0xff : 0;
    int low = bytes.length > KEYSPACE_BYTES + 1 ? bytes[KEYSPACE_BYTES + 1] & 0xff : 0;
    return high << 8 | low;
  }
}
