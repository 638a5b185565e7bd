package io.flotilla.router.map;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.proto.map.Keyspace;
import io.flotilla.proto.map.Partitioning;

/**
 * A keyspace's way from the user's key to the encoded key: keyspace id (4 bytes, big-endian); for a
 * hash keyspace the slot (2 bytes, big-endian); the key itself. The slot is Redis Cluster's: CRC16
 * of the key, or of what stands between the first <code>{</code> and the next <code>}</code> if
 * that is not empty, modulo 16384.
 */
public final class KeyCodec {
  /** Number of slots of a hash keyspace. */
  public static final int SLOTS = 16_384;

  private static final int KEYSPACE_BYTES = 4;
  private static final int SLOT_BYTES = 2;
  private static final short[] CRC_TABLE = crcTable();

  private final int keyspace;
  private final boolean hashed;

  public KeyCodec(int keyspace, Partitioning partitioning) {
    this.keyspace = keyspace;
    this.hashed = partitioning == Partitioning.HASH;
  }

  public static KeyCodec of(Keyspace keyspace) {
    return new KeyCodec(keyspace.getId(), keyspace.getPartitioning());
  }

  public boolean hashed() {
    return hashed;
  }

  /** The encoded key. */
  public ByteString encode(ByteString key) {
    byte[] encoded = new byte[prefixBytes() + key.size()];
    putKeyspace(encoded, keyspace);
    if (hashed) {
      putSlot(encoded, slot(key));
    }
    key.copyTo(encoded, prefixBytes());
    return UnsafeByteOperations.unsafeWrap(encoded);
  }

  /** The user's key in an encoded one; a view. */
  public ByteString decode(ByteString encoded) {
    return encoded.substring(prefixBytes());
  }

  /** What stands after the keyspace id: slot, if any, and key; a view. */
  public ByteString withoutKeyspace(ByteString encoded) {
    return encoded.substring(KEYSPACE_BYTES);
  }

  /** The reverse of {@link #withoutKeyspace}. */
  public ByteString withKeyspace(ByteString rest) {
    byte[] encoded = new byte[KEYSPACE_BYTES + rest.size()];
    putKeyspace(encoded, keyspace);
    rest.copyTo(encoded, KEYSPACE_BYTES);
    return UnsafeByteOperations.unsafeWrap(encoded);
  }

  /** First encoded key of the keyspace. */
  public ByteString start() {
    byte[] encoded = new byte[KEYSPACE_BYTES];
    putKeyspace(encoded, keyspace);
    return UnsafeByteOperations.unsafeWrap(encoded);
  }

  /**
   * First encoded key after the keyspace; empty, that is no bound, for the last one there can be.
   */
  public ByteString end() {
    if (keyspace == -1) {
      return ByteString.EMPTY;
    }
    byte[] encoded = new byte[KEYSPACE_BYTES];
    putKeyspace(encoded, keyspace + 1);
    return UnsafeByteOperations.unsafeWrap(encoded);
  }

  /**
   * First encoded key of a slot.
   *
   * @param slot 0 to {@link #SLOTS}; the latter is the end of the keyspace
   */
  public ByteString slotStart(int slot) {
    if (slot == SLOTS) {
      return end();
    }
    byte[] encoded = new byte[KEYSPACE_BYTES + SLOT_BYTES];
    putKeyspace(encoded, keyspace);
    putSlot(encoded, slot);
    return UnsafeByteOperations.unsafeWrap(encoded);
  }

  /** The slot of a user's key. */
  public static int slot(ByteString key) {
    int open = indexOf(key, (byte) '{', 0);
    if (open >= 0) {
      int close = indexOf(key, (byte) '}', open + 1);
      if (close > open + 1) {
        return crc16(key, open + 1, close) % SLOTS;
      }
    }
    return crc16(key, 0, key.size()) % SLOTS;
  }

  /** CRC16/XMODEM: polynomial 0x1021, begins with 0, not reflected. */
  static int crc16(ByteString bytes, int from, int to) {
    int crc = 0;
    for (int i = from; i < to; i++) {
      crc = (crc << 8 & 0xffff) ^ (CRC_TABLE[(crc >>> 8 ^ bytes.byteAt(i)) & 0xff] & 0xffff);
    }
    return crc;
  }

  /** The first key after all that begin with {@code prefix}; empty, that is no bound, if none. */
  public static ByteString afterPrefix(ByteString prefix) {
    byte[] bytes = prefix.toByteArray();
    for (int i = bytes.length - 1; i >= 0; i--) {
      if (bytes[i] != (byte) 0xff) {
        bytes[i]++;
        return ByteString.copyFrom(bytes, 0, i + 1);
      }
    }
    return ByteString.EMPTY;
  }

  private int prefixBytes() {
    return hashed ? KEYSPACE_BYTES + SLOT_BYTES : KEYSPACE_BYTES;
  }

  private static int indexOf(ByteString bytes, byte wanted, int from) {
    for (int i = from; i < bytes.size(); i++) {
      if (bytes.byteAt(i) == wanted) {
        return i;
      }
    }
    return -1;
  }

  private static void putKeyspace(byte[] into, int id) {
    into[0] = (byte) (id >>> 24);
    into[1] = (byte) (id >>> 16);
    into[2] = (byte) (id >>> 8);
    into[3] = (byte) id;
  }

  private static void putSlot(byte[] into, int slot) {
    into[KEYSPACE_BYTES] = (byte) (slot >>> 8);
    into[KEYSPACE_BYTES + 1] = (byte) slot;
  }

  private static short[] crcTable() {
    short[] table = new short[256];
    for (int i = 0; i < table.length; i++) {
      int crc = i << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
      }
      table[i] = (short) crc;
    }
    return table;
  }
}
