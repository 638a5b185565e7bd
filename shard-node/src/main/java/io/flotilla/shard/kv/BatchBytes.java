package io.flotilla.shard.kv;

import java.util.Arrays;

/**
 * RocksDB's serialized form of a write batch, built on the heap so that a round crosses into native
 * code once and not once for each key: sequence number (8, left 0), count (4, little-endian), then
 * records of a type byte and length-prefixed key and value (RocksDB {@code db/write_batch.cc}).
 */
final class BatchBytes {
  private static final int HEADER_BYTES = 12;
  private static final int COUNT_AT = 8;
  private static final int VARINT_BYTES_MAX = 5;
  private static final int KEPT_BYTES = 4 << 20;
  private static final byte DELETION = 0;
  private static final byte VALUE = 1;
  private static final byte SINGLE_DELETION = 7;

  private byte[] bytes = new byte[4096];
  private int size = HEADER_BYTES;
  private int count;

  void put(byte[] key, byte[] value) {
    reserve(1 + VARINT_BYTES_MAX + key.length + VARINT_BYTES_MAX + value.length);
    bytes[size++] = VALUE;
    writeString(key);
    writeString(value);
    count++;
  }

  void delete(byte[] key) {
    delete(DELETION, key);
  }

  /** Of a key that was put once, and not since it was last deleted. */
  void singleDelete(byte[] key) {
    delete(SINGLE_DELETION, key);
  }

  private void delete(byte how, byte[] key) {
    reserve(1 + VARINT_BYTES_MAX + key.length);
    bytes[size++] = how;
    writeString(key);
    count++;
  }

  /** Of what was put and deleted: the same for the same records, whatever else is there. */
  int recordBytes() {
    return size - HEADER_BYTES;
  }

  boolean isEmpty() {
    return count == 0;
  }

  byte[] toByteArray() {
    for (int i = 0; i < Integer.BYTES; i++) {
      bytes[COUNT_AT + i] = (byte) (count >>> (8 * i));
    }
    return Arrays.copyOf(bytes, size);
  }

  void clear() {
    size = HEADER_BYTES;
    count = 0;
    if (bytes.length > KEPT_BYTES) {
      bytes = new byte[4096];
    }
  }

  private void writeString(byte[] string) {
    int rest = string.length;
    while (rest >= 0x80) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
    System.arraycopy(string, 0, bytes, size, string.length);
    size += string.length;
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(size, more)));
    }
  }
}
