package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.GroupId;
import java.nio.ByteBuffer;

/** The keys of the log database; see the package. */
final class LogKeys {
  static final int RECORD_KEY_BYTES = 17;
  static final int GROUP_KEY_BYTES = 9;
  static final byte RECORD = 'E';
  static final byte HEAD = 'H';
  static final byte TOMBSTONE = 'T';
  static final byte FORGOTTEN = 'L';
  private static final byte FORMAT = 'F';

  private LogKeys() {}

  static byte[] record(GroupId group, long first) {
    byte[] key = new byte[RECORD_KEY_BYTES];
    ByteBuffer.wrap(key).put(RECORD).putLong(group.value()).putLong(first);
    return key;
  }

  static byte[] head(GroupId group) {
    return ofGroup(HEAD, group);
  }

  static byte[] tombstone(GroupId group) {
    return ofGroup(TOMBSTONE, group);
  }

  private static byte[] ofGroup(byte tag, GroupId group) {
    byte[] key = new byte[GROUP_KEY_BYTES];
    ByteBuffer.wrap(key).put(tag).putLong(group.value());
    return key;
  }

  static byte[] forgotten() {
    return new byte[] {FORGOTTEN};
  }

  static byte[] format() {
    return new byte[] {FORMAT};
  }

  /** The least key that starts with {@code tag}. */
  static byte[] from(byte tag) {
    return new byte[] {tag};
  }

  /** The least key beyond all that start with {@code tag}. */
  static byte[] beyond(byte tag) {
    return new byte[] {(byte) (tag + 1)};
  }

  static GroupId groupOf(byte[] key) {
    return new GroupId(ByteBuffer.wrap(key).getLong(1));
  }

  static long firstOf(byte[] recordKey) {
    return ByteBuffer.wrap(recordKey).getLong(GROUP_KEY_BYTES);
  }
}
