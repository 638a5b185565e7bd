package io.flotilla.placement.store;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.raft.port.StateStore;
import io.flotilla.raft.port.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.TreeMap;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Placement's state on disk: a RocksDB with one column family and without a WAL. Each round is one
 * batch that holds its entries' effects and the applied index, so that what survives a crash is
 * exactly the state of some prefix of the log. Nobody writes but the one apply thread.
 */
public final class PlacementStore implements StateStore<PlacementRound>, AutoCloseable {
  private static final long WRITE_BUFFER_BYTES = 8L << 20;

  private final Options options;
  private final WriteOptions withoutWal;
  private final RocksDB db;
  private volatile boolean keepUnflushed = true;

  /** What was found at opening. */
  record Recovered(long applied, ClusterView view) {}

  /**
   * Opens the state in {@code directory}, or makes it. Blocks on the disk.
   *
   * @throws StorageException if it cannot be opened
   */
  public PlacementStore(Path directory) throws StorageException {
    RocksDB.loadLibrary();
    // A crash must be able to lose what was not flushed; close() flushes by itself.
    options =
        new Options()
            .setCreateIfMissing(true)
            .setWriteBufferSize(WRITE_BUFFER_BYTES)
            .setAvoidFlushDuringShutdown(true)
            .setKeepLogFileNum(2);
    withoutWal = new WriteOptions().setDisableWAL(true);
    try {
      db = RocksDB.open(options, directory.toString());
    } catch (RocksDBException failed) {
      withoutWal.close();
      options.close();
      throw new StorageException("placement's state in " + directory + " cannot be opened", failed);
    }
  }

  @Override
  public PlacementRound newRound() {
    return new PlacementRound(this);
  }

  void write(WriteBatch batch) throws StorageException {
    try {
      db.write(withoutWal, batch);
    } catch (RocksDBException failed) {
      throw new StorageException("placement's state cannot be written", failed);
    }
  }

  Recovered recover() throws StorageException {
    StateRecord.Header header = StateRecord.Header.FIRST;
    TreeMap<Long, Revised<Node>> nodes = new TreeMap<>();
    TreeMap<Integer, Revised<Keyspace>> keyspaces = new TreeMap<>();
    TreeMap<Long, Revised<Shard>> shards = new TreeMap<>();
    try (RocksIterator each = db.newIterator()) {
      for (each.seekToFirst(); each.isValid(); each.next()) {
        byte kind = each.key()[0];
        ByteBuffer value = ByteBuffer.wrap(each.value());
        switch (kind) {
          case StateRecord.HEADER -> header = StateRecord.Header.read(value);
          case StateRecord.NODE -> {
            var node = revised(value, io.flotilla.proto.map.Node.parser());
            nodes.put(node.value().getId(), node.map(MapMessages::read));
          }
          case StateRecord.KEYSPACE -> {
            var keyspace = revised(value, io.flotilla.proto.map.Keyspace.parser());
            keyspaces.put(keyspace.value().getId(), keyspace.map(MapMessages::read));
          }
          case StateRecord.SHARD -> {
            var shard = revised(value, io.flotilla.proto.map.Shard.parser());
            shards.put(shard.value().getId(), shard.map(MapMessages::read));
          }
          default -> throw new IllegalArgumentException("unknown kind of record " + kind);
        }
      }
      each.status();
    } catch (RocksDBException | InvalidProtocolBufferException | IllegalArgumentException broken) {
      throw new StorageException("placement's state cannot be read", broken);
    }
    return new Recovered(
        header.applied(),
        new ClusterView(
            header.cluster(),
            header.revision(),
            header.layoutRevision(),
            header.freshIds(),
            nodes,
            keyspaces,
            shards));
  }

  private static <M> Revised<M> revised(ByteBuffer value, com.google.protobuf.Parser<M> parser)
      throws InvalidProtocolBufferException {
    if (value.remaining() < Long.BYTES) {
      throw new IllegalArgumentException("record of " + value.remaining() + " bytes");
    }
    long revision = value.getLong();
    return new Revised<>(revision, parser.parseFrom(value));
  }

  /**
   * Makes all rounds durable and closes. The apply thread must have ended.
   *
   * @throws StorageException if they could not be made durable; it is closed all the same, and the
   *     log still has them
   */
  @Override
  public void close() throws StorageException {
    try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
      if (keepUnflushed) {
        db.flush(flush);
      }
    } catch (RocksDBException failed) {
      throw new StorageException("placement's state cannot be flushed", failed);
    } finally {
      release();
    }
  }

  /** Has {@link #close} behave as a crash: rounds that were not flushed by then are lost. */
  public void loseUnflushed() {
    keepUnflushed = false;
  }

  private void release() {
    db.close();
    withoutWal.close();
    options.close();
  }
}
