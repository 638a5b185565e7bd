package io.flotilla.shard.kv;

import io.flotilla.raft.port.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;

/** The whole state at one moment, between two rounds. Used and closed by one thread. */
final class KvView implements AutoCloseable {
  private final RocksDB db;
  private final Lock held;
  private final Snapshot snapshot;
  private final ReadOptions point = new ReadOptions();
  private final List<AutoCloseable> bounds = new ArrayList<>();

  /**
   * @param held keeps the database open; released at closing
   */
  KvView(RocksDB db, Lock held) {
    this.db = db;
    this.held = held;
    this.snapshot = db.getSnapshot();
    point.setSnapshot(snapshot);
  }

  byte @Nullable [] get(byte[] key) throws StorageException {
    try {
      return db.get(point, key);
    } catch (RocksDBException e) {
      throw new StorageException("cannot read the state", e);
    }
  }

  /** One value for each key, null where there is none. */
  List<byte @Nullable []> getAll(List<byte[]> keys) throws StorageException {
    try {
      return db.multiGetAsList(point, keys);
    } catch (RocksDBException e) {
      throw new StorageException("cannot read the state", e);
    }
  }

  /**
   * Keys from {@code start} up to, not including, {@code end}. To be closed before this view.
   *
   * @param end null for no bound
   */
  RocksIterator iterate(byte[] start, byte @Nullable [] end) {
    Slice lower = kept(new Slice(start));
    ReadOptions range = kept(new ReadOptions().setSnapshot(snapshot));
    range.setIterateLowerBound(lower);
    if (end != null) {
      range.setIterateUpperBound(kept(new Slice(end)));
    }
    return db.newIterator(range);
  }

  @Override
  public void close() {
    try {
      for (AutoCloseable bound : bounds) {
        bound.close();
      }
      point.close();
      db.releaseSnapshot(snapshot);
      snapshot.close();
    } catch (Exception e) {
      throw new IllegalStateException("closing a native object cannot fail", e);
    } finally {
      held.unlock();
    }
  }

  private <T extends AutoCloseable> T kept(T bound) {
    bounds.add(bound);
    return bound;
  }
}
