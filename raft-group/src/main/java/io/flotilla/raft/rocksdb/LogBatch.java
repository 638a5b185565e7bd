package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.EntryBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * A RocksDB write batch in its serialized form, made in Java so that it crosses into native code
 * once: sequence number (8), count (4), both little-endian, then for each change a tag and its
 * length-prefixed key and value (RocksDB {@code db/write_batch.cc}, {@code db/dbformat.h}).
 */
final class LogBatch {
  private static final int HEADER_BYTES = 12;
  private static final int COUNT_AT = 8;
  private static final byte DELETE = 0x0;
  private static final byte PUT = 0x1;
  private static final byte SINGLE_DELETE = 0x7;
  private static final int VARINT_BYTES_MAX = 5;
  private static final int INITIAL_BYTES = 1 << 16;
  private static final int KEPT_BYTES_MAX = 8 << 20;

  private ByteBuffer buffer = ByteBuffer.allocate(INITIAL_BYTES).position(HEADER_BYTES);
  private int count;

  boolean isEmpty() {
    return count == 0;
  }

  int bytes() {
    return buffer.position();
  }

  /** Returns the bytes of the record's body. */
  int putRecord(GroupId group, List<Entry> entries) {
    int body = EntryBlock.encodedBytes(entries);
    need(LogKeys.RECORD_KEY_BYTES, body);
    buffer.put(PUT).put((byte) LogKeys.RECORD_KEY_BYTES);
    int keyAt = buffer.position();
    buffer.put(LogKeys.RECORD).putLong(group.value()).putLong(entries.get(0).index());
    int sealAt = beginValue(body);
    EntryBlock.encode(entries, buffer);
    seal(keyAt, LogKeys.RECORD_KEY_BYTES, sealAt, body);
    return body;
  }

  void removeRecord(GroupId group, long first) {
    need(LogKeys.RECORD_KEY_BYTES, 0);
    buffer.put(SINGLE_DELETE).put((byte) LogKeys.RECORD_KEY_BYTES);
    buffer.put(LogKeys.RECORD).putLong(group.value()).putLong(first);
    count++;
  }

  void putHead(GroupId group, Head head) {
    int body = head.encodedBytes();
    need(LogKeys.GROUP_KEY_BYTES, body);
    buffer.put(PUT).put((byte) LogKeys.GROUP_KEY_BYTES);
    int keyAt = buffer.position();
    buffer.put(LogKeys.HEAD).putLong(group.value());
    int sealAt = beginValue(body);
    head.encode(buffer);
    seal(keyAt, LogKeys.GROUP_KEY_BYTES, sealAt, body);
  }

  /** A head is put many times, which forbids {@code SingleDelete}. */
  void removeHead(GroupId group) {
    need(LogKeys.GROUP_KEY_BYTES, 0);
    buffer.put(DELETE).put((byte) LogKeys.GROUP_KEY_BYTES);
    buffer.put(LogKeys.HEAD).putLong(group.value());
    count++;
  }

  void putTombstone(GroupId group, ReplicaId upTo) {
    putNumber(LogKeys.tombstone(group), upTo.value());
  }

  void putForgotten(long upTo) {
    putNumber(LogKeys.forgotten(), upTo);
  }

  private void putNumber(byte[] key, long number) {
    need(key.length, Long.BYTES);
    buffer.put(PUT).put((byte) key.length);
    int keyAt = buffer.position();
    buffer.put(key);
    int sealAt = beginValue(Long.BYTES);
    buffer.putLong(number);
    seal(keyAt, key.length, sealAt, Long.BYTES);
  }

  /** The serialized form; the batch is empty afterwards. */
  byte[] take() {
    ByteBuffer littleEndian = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    littleEndian.putLong(0, 0).putInt(COUNT_AT, count);
    byte[] taken = Arrays.copyOf(buffer.array(), buffer.position());
    if (buffer.capacity() > KEPT_BYTES_MAX) {
      buffer = ByteBuffer.allocate(INITIAL_BYTES);
    }
    buffer.clear().position(HEADER_BYTES);
    count = 0;
    return taken;
  }

  private int beginValue(int body) {
    int length = Sealed.SEAL_BYTES + body;
    while (length >= 0x80) {
      buffer.put((byte) (length | 0x80));
      length >>>= 7;
    }
    buffer.put((byte) length);
    int sealAt = buffer.position();
    buffer.position(sealAt + Sealed.SEAL_BYTES);
    return sealAt;
  }

  private void seal(int keyAt, int keyBytes, int sealAt, int body) {
    int bodyAt = sealAt + Sealed.SEAL_BYTES;
    buffer.putInt(sealAt, Sealed.seal(buffer.array(), keyAt, keyBytes, bodyAt, body));
    count++;
  }

  private void need(int keyBytes, int bodyBytes) {
    int more = 2 + keyBytes + VARINT_BYTES_MAX + Sealed.SEAL_BYTES + bodyBytes;
    if (buffer.remaining() < more) {
      int capacity = Math.max(2 * buffer.capacity(), Math.addExact(buffer.position(), more));
      buffer = ByteBuffer.allocate(capacity).put(buffer.flip());
    }
  }
}
