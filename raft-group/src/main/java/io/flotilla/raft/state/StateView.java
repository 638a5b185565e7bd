package io.flotilla.raft.state;

import io.flotilla.raft.port.StorageException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;

/** The database at one moment, between two batches. Used and closed by one thread, soon. */
public final class StateView implements AutoCloseable {
  private static final long READ_AHEAD_BYTES = 2L << 20;

  private final RocksDB db;
  private final long generation;
  private final Snapshot snapshot;
  private final Runnable whenClosed;
  private final ReadOptions point = new ReadOptions();
  private final List<AutoCloseable> bounds = new ArrayList<>();

  /**
   * @param whenClosed gives back the snapshot and what keeps the database open
   */
  StateView(RocksDB db, long generation, Snapshot snapshot, Runnable whenClosed) {
    this.db = db;
    this.generation = generation;
    this.snapshot = snapshot;
    this.whenClosed = whenClosed;
    point.setSnapshot(snapshot);
  }

  /** The generation that this view was asked of, which stays as long as the view does. */
  public long generation() {
    return generation;
  }

  public byte @Nullable [] get(byte[] key) throws StorageException {
    try {
      return db.get(point, key);
    } catch (RocksDBException e) {
      throw new StorageException("cannot read the state", e);
    }
  }

  /** One value for each key, null where there is none. */
  public List<byte @Nullable []> getAll(List<byte[]> keys) throws StorageException {
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
  public RocksIterator iterate(byte[] start, byte @Nullable [] end) {
    return iterate(start, end, kept(new ReadOptions()));
  }

  /** For one pass that shall not push out what others read. */
  RocksIterator all(KeySpan span) {
    return iterate(
        span.from(),
        span.to(),
        kept(new ReadOptions()).setFillCache(false).setReadaheadSize(READ_AHEAD_BYTES));
  }

  private RocksIterator iterate(byte[] start, byte @Nullable [] end, ReadOptions range) {
    range.setSnapshot(snapshot).setIterateLowerBound(kept(new Slice(start)));
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
    } catch (Exception e) {
      throw new IllegalStateException("closing a native object cannot fail", e);
    } finally {
      whenClosed.run();
    }
  }

  private <T extends AutoCloseable> T kept(T bound) {
    bounds.add(bound);
    return bound;
  }
}
