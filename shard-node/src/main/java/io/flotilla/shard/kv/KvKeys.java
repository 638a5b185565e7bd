package io.flotilla.shard.kv;

import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.KeySpan;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Where things stand in the state database. Keys sort as the bytes of what they name. */
final class KvKeys {
  static final byte DATA = 'K';
  static final byte COMPLETION = 'D';
  static final byte META = 'M';
  static final byte PROGRESS = 1;
  static final byte DESCRIPTOR = 2;
  static final byte EXTENTS = 3;

  static final int PREFIX_BYTES = Long.BYTES + 1;
  private static final int CLIENT_AND_SEQ_BYTES = 3 * Long.BYTES;
  private static final int META_BYTES = PREFIX_BYTES + Long.BYTES + 1;

  private KvKeys() {}

  /** The value of an encoded key. */
  static byte[] data(long generation, byte[] key) {
    return prefixed(generation, DATA, key);
  }

  static byte[] encodedKey(byte[] dataKey) {
    return Arrays.copyOfRange(dataKey, PREFIX_BYTES, dataKey.length);
  }

  /** The record of one completed write. */
  static byte[] completion(long generation, byte[] routingKey, ClientId client, long seq) {
    byte[] first = firstCompletion(generation, routingKey);
    return ByteBuffer.allocate(first.length + CLIENT_AND_SEQ_BYTES)
        .put(first)
        .putLong(client.high())
        .putLong(client.low())
        .putLong(seq)
        .array();
  }

  /**
   * Where the records of a routing key begin. It is written so that records sort by it, and a range
   * of keys is a range of records: 0 becomes 0 255, and 0 1 ends it.
   */
  private static byte[] firstCompletion(long generation, byte[] routingKey) {
    int zeros = 0;
    for (byte b : routingKey) {
      zeros += b == 0 ? 1 : 0;
    }
    byte[] key = new byte[PREFIX_BYTES + routingKey.length + zeros + 2];
    ByteBuffer to = ByteBuffer.wrap(key).putLong(generation).put(COMPLETION);
    for (byte b : routingKey) {
      to.put(b);
      if (b == 0) {
        to.put((byte) 0xff);
      }
    }
    to.put((byte) 0).put((byte) 1);
    return key;
  }

  /** The routing key of a completion's key. */
  static byte[] routingKey(byte[] completionKey) throws StorageException {
    int end = completionKey.length - CLIENT_AND_SEQ_BYTES - 2;
    if (end < PREFIX_BYTES || completionKey[end] != 0 || completionKey[end + 1] != 1) {
      throw new StorageException("completion key of " + completionKey.length + " bytes");
    }
    byte[] routingKey = new byte[end - PREFIX_BYTES];
    int size = 0;
    for (int at = PREFIX_BYTES; at < end; at++) {
      routingKey[size++] = completionKey[at];
      at += completionKey[at] == 0 ? 1 : 0; // and the 255 that stands for it
    }
    return Arrays.copyOf(routingKey, size);
  }

  static ClientId completionClient(byte[] completionKey) {
    ByteBuffer from = ByteBuffer.wrap(completionKey);
    int at = completionKey.length - CLIENT_AND_SEQ_BYTES;
    return new ClientId(from.getLong(at), from.getLong(at + Long.BYTES));
  }

  static long completionSeq(byte[] completionKey) {
    return ByteBuffer.wrap(completionKey).getLong(completionKey.length - Long.BYTES);
  }

  /** The data of a range of keys. */
  static KeySpan dataIn(long generation, KeyRange range) {
    return new KeySpan(
        data(generation, range.start().toByteArray()),
        range.end().isEmpty()
            ? prefix(generation, (byte) (DATA + 1), 0).array()
            : data(generation, range.end().toByteArray()));
  }

  /** The completion records of a range of routing keys. */
  static KeySpan completionsIn(long generation, KeyRange range) {
    return new KeySpan(
        firstCompletion(generation, range.start().toByteArray()),
        range.end().isEmpty()
            ? prefix(generation, (byte) (COMPLETION + 1), 0).array()
            : firstCompletion(generation, range.end().toByteArray()));
  }

  static byte[] progress(long generation, long shard) {
    return meta(generation, shard, PROGRESS);
  }

  static byte[] descriptor(long generation, long shard) {
    return meta(generation, shard, DESCRIPTOR);
  }

  /** Only of a shard whose extents are more than its own generation. */
  static byte[] extents(long generation, long shard) {
    return meta(generation, shard, EXTENTS);
  }

  private static byte[] meta(long generation, long shard, byte kind) {
    return prefix(generation, META, Long.BYTES + 1).putLong(shard).put(kind).array();
  }

  /** What is kept of a shard beside its data and its completion records. */
  static KeySpan metaOf(long generation, long shard) {
    return new KeySpan(
        prefix(generation, META, Long.BYTES).putLong(shard).array(),
        prefix(generation, META, Long.BYTES).putLong(shard + 1).array());
  }

  /** As the other one, but for where the data is: that is another place on each node. */
  static List<KeySpan> replicatedMetaOf(long generation, long shard) {
    KeySpan all = metaOf(generation, shard);
    return List.of(
        new KeySpan(all.from(), extents(generation, shard)),
        new KeySpan(meta(generation, shard, (byte) (EXTENTS + 1)), all.to()));
  }

  /** That of all shards in a generation. */
  static KeySpan allMeta(long generation) {
    return new KeySpan(
        prefix(generation, META, 0).array(), prefix(generation, (byte) (META + 1), 0).array());
  }

  /** What a key is about: {@link #DATA}, {@link #COMPLETION}, {@link #META}, or not known. */
  static byte kind(byte[] key) {
    return key[Long.BYTES];
  }

  /** {@link #PROGRESS}, {@link #DESCRIPTOR}, {@link #EXTENTS}, or not known; of a key of meta. */
  static byte meta(byte[] key) {
    return key.length == META_BYTES ? key[META_BYTES - 1] : 0;
  }

  /** Whose meta it is; of a key of a known one. */
  static long metaShard(byte[] key) {
    return ByteBuffer.wrap(key).getLong(PREFIX_BYTES);
  }

  private static byte[] prefixed(long generation, byte kind, byte[] rest) {
    return prefix(generation, kind, rest.length).put(rest).array();
  }

  private static ByteBuffer prefix(long generation, byte kind, int moreBytes) {
    return ByteBuffer.allocate(PREFIX_BYTES + moreBytes).putLong(generation).put(kind);
  }
}
