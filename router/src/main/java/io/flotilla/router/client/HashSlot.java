package io.flotilla.router.client;

import io.flotilla.router.map.KeyCodec;

/** The slot of a key in a hash keyspace: Redis Cluster's rule, hash tags included. */
public final class HashSlot {
  /** Slots are 0 to {@code COUNT - 1}. */
  public static final int COUNT = KeyCodec.SLOTS;

  private HashSlot() {}

  public static int of(Bytes key) {
    return KeyCodec.slot(key.byteString());
  }
}
