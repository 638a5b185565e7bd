package io.flotilla.placement.store;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.model.Shard;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One record of the state on disk. A key begins with the generation; a byte that says what it is
 * and its id follow, big-endian. A value is the revision that changed the object and then the
 * object's message; the header, of which there is one, has a form of its own.
 */
final class StateRecord {
  static final byte HEADER = 'h';
  static final byte NODE = 'n';
  static final byte KEYSPACE = 'k';
  static final byte SHARD = 's';
  static final byte ABSORBED_SHARD = 'a';
  static final byte REMOVED_NODE = 'r';
  static final byte JOB = 'j';
  static final byte ENDED_JOB = 'e';
  static final byte SETTINGS = 'c';

  private static final int FORMAT = 1;
  private static final int HEADER_BYTES = 4 + 3 * 8 + 3 * 8 + 4;

  private final byte[] key;
  private final byte @Nullable [] value;

  /**
   * @param value null if the object is gone
   */
  private StateRecord(byte[] key, byte @Nullable [] value) {
    this.key = key;
    this.value = value;
  }

  /** Of a record in a state. */
  static byte kind(byte[] key) {
    return key[Long.BYTES];
  }

  byte[] key(long generation) {
    return ByteBuffer.allocate(Long.BYTES + key.length).putLong(generation).put(key).array();
  }

  /** Null if the object is gone. */
  byte @Nullable [] value() {
    return value;
  }

  /** What is not an object: counters, and how far the log has been applied. */
  record Header(
      long applied, long revision, long layoutRevision, FreshIds freshIds, String cluster) {
    private static final byte[] KEY = {HEADER};
    static final Header FIRST = new Header(0, 0, 0, FreshIds.FIRST, "");

    static Header of(ClusterView view, long applied) {
      return new Header(
          applied, view.revision(), view.layoutRevision(), view.freshIds(), view.cluster());
    }

    static byte[] key(long generation) {
      return new StateRecord(KEY, KEY).key(generation);
    }

    StateRecord write() {
      byte[] name = cluster.getBytes(StandardCharsets.UTF_8);
      byte[] value =
          ByteBuffer.allocate(HEADER_BYTES + name.length)
              .putInt(FORMAT)
              .putLong(applied)
              .putLong(revision)
              .putLong(layoutRevision)
              .putLong(freshIds.node())
              .putLong(freshIds.shard())
              .putLong(freshIds.replica())
              .putInt(freshIds.keyspace())
              .put(name)
              .array();
      return new StateRecord(KEY, value);
    }

    /**
     * @throws IllegalArgumentException if it is of another format
     */
    static Header read(ByteBuffer value) {
      int format = value.remaining() < HEADER_BYTES ? 0 : value.getInt();
      if (format != FORMAT) {
        throw new IllegalArgumentException(
            "header has format " + format + "; this version reads " + FORMAT);
      }
      long applied = value.getLong();
      long revision = value.getLong();
      long layoutRevision = value.getLong();
      FreshIds ids =
          new FreshIds(value.getLong(), value.getLong(), value.getLong(), value.getInt());
      String cluster = StandardCharsets.UTF_8.decode(value).toString();
      return new Header(applied, revision, layoutRevision, ids, cluster);
    }
  }

  static StateRecord of(Node node, long revision) {
    return of(NODE, node.id(), revision, MapMessages.write(node).toByteArray());
  }

  static StateRecord of(Keyspace keyspace, long revision) {
    return of(KEYSPACE, keyspace.id(), revision, MapMessages.write(keyspace).toByteArray());
  }

  static StateRecord of(Shard shard, long revision) {
    return of(SHARD, shard.id(), revision, MapMessages.write(shard).toByteArray());
  }

  static StateRecord gone(Shard shard) {
    return gone(SHARD, shard.id());
  }

  static StateRecord absorbed(Shard shard, long revision) {
    return of(ABSORBED_SHARD, shard.id(), revision, MapMessages.write(shard).toByteArray());
  }

  static StateRecord noMoreAbsorbed(Shard shard) {
    return gone(ABSORBED_SHARD, shard.id());
  }

  static StateRecord removed(Node node, long revision) {
    return of(REMOVED_NODE, node.id(), revision, MapMessages.write(node).toByteArray());
  }

  static StateRecord gone(Node node) {
    return gone(NODE, node.id());
  }

  static StateRecord of(Job job) {
    return of(JOB, job.shard(), job.id(), JobMessages.write(job).toByteArray());
  }

  static StateRecord gone(Job job) {
    return gone(JOB, job.shard());
  }

  static StateRecord of(EndedJob ended) {
    long id = ended.job().id();
    return of(ENDED_JOB, id, ended.revision(), JobMessages.write(ended).toByteArray());
  }

  static StateRecord gone(EndedJob ended) {
    return gone(ENDED_JOB, ended.job().id());
  }

  static StateRecord of(Settings settings, long revision) {
    return of(SETTINGS, 0, revision, JobMessages.write(settings).toByteArray());
  }

  private static StateRecord gone(byte kind, long id) {
    return new StateRecord(key(kind, id), null);
  }

  private static StateRecord of(byte kind, long id, long revision, byte[] message) {
    return new StateRecord(
        key(kind, id),
        ByteBuffer.allocate(Long.BYTES + message.length).putLong(revision).put(message).array());
  }

  private static byte[] key(byte kind, long id) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(kind).putLong(id).array();
  }
}
