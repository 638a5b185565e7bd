package io.flotilla.shard.report;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Shard;
import java.util.Optional;

/**
 * Where a shard of a hash keyspace may be cut: between two slots, since what is in one slot is to
 * stay on one shard. A slot is written in the two bytes behind the keyspace's id. Pure.
 */
final class Slots {
  private static final int COUNT = 16384;
  private static final int KEYSPACE_BYTES = 4;
  private static final int BORDER_BYTES = KEYSPACE_BYTES + 2;

  private Slots() {}

  /** The border next to a key within the shard; nothing if all of the shard is one slot. */
  static Optional<ByteString> borderNear(ByteString key, Shard shard) {
    int first = slotOf(shard.getStart());
    int end = slotOf(shard.getEnd());
    boolean toTheEnd =
        shard.getEnd().size() < BORDER_BYTES || !keyspace(shard.getEnd()).equals(keyspace(key));
    int last = (toTheEnd ? COUNT : end) - 1;
    if (first >= last) {
      return Optional.empty();
    }
    int slot = Math.min(last, Math.max(first + 1, slotOf(key)));
    byte[] border = key.substring(0, KEYSPACE_BYTES).concat(twoBytes(slot)).toByteArray();
    return Optional.of(ByteString.copyFrom(border));
  }

  /** Where the slot of a key begins; nothing of a key that is in none. */
  static Optional<ByteString> borderBefore(ByteString key) {
    return key.size() < BORDER_BYTES
        ? Optional.empty()
        : Optional.of(key.substring(0, BORDER_BYTES));
  }

  private static ByteString keyspace(ByteString key) {
    return key.substring(0, KEYSPACE_BYTES);
  }

  private static ByteString twoBytes(int slot) {
    return ByteString.copyFrom(new byte[] {(byte) (slot >>> Byte.SIZE), (byte) slot});
  }

  /** Of a key that is cut short, the first that can begin so. */
  private static int slotOf(ByteString key) {
    int slot = 0;
    for (int i = KEYSPACE_BYTES; i < BORDER_BYTES; i++) {
      slot = slot << Byte.SIZE | (i < key.size() ? key.byteAt(i) & 0xff : 0);
    }
    return slot;
  }
}
