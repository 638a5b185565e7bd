package io.flotilla.raft.rocksdb;

import io.flotilla.raft.port.DamagedLogException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Values under a checksum (4) that also covers the key: a value in the wrong place is found. */
final class Sealed {
  static final int SEAL_BYTES = 4;

  private Sealed() {}

  /** The checksum over a key and a body that lie in one array. */
  static int seal(byte[] bytes, int keyAt, int keyBytes, int bodyAt, int bodyBytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, keyAt, keyBytes);
    crc.update(bytes, bodyAt, bodyBytes);
    return (int) crc.getValue();
  }

  /** The body of a value, if it is what was written under this key. */
  static ByteBuffer open(byte[] key, byte[] value) throws DamagedLogException {
    if (value.length >= SEAL_BYTES) {
      CRC32C crc = new CRC32C();
      crc.update(key, 0, key.length);
      crc.update(value, SEAL_BYTES, value.length - SEAL_BYTES);
      ByteBuffer body = ByteBuffer.wrap(value);
      if (body.getInt() == (int) crc.getValue()) {
        return body;
      }
    }
    throw new DamagedLogException("log record " + name(key) + " is damaged: its checksum is wrong");
  }

  static String name(byte[] key) {
    return switch (key[0]) {
      case LogKeys.RECORD ->
          "of group " + LogKeys.groupOf(key) + " from index " + LogKeys.firstOf(key);
      case LogKeys.HEAD -> "with the head of group " + LogKeys.groupOf(key);
      case LogKeys.TOMBSTONE -> "with the tombstone of group " + LogKeys.groupOf(key);
      case LogKeys.FORGOTTEN -> "of what the disk forgot";
      default -> "of unknown kind " + key[0];
    };
  }
}
