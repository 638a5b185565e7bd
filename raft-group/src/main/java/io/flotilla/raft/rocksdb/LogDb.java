package io.flotilla.raft.rocksdb;

import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.CompressionType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The one place that holds native resources of the log database. Each call into it keeps the
 * database open for its duration; {@link #close} waits for all of them. Usable by any thread.
 */
final class LogDb implements LogDisk, AutoCloseable {
  /** Takes a record in key order, and says whether to go on. */
  interface Visitor<E extends Exception> {
    boolean visit(byte[] key, byte[] value) throws E;
  }

  static {
    RocksDB.loadLibrary();
  }

  private final ReentrantReadWriteLock open = new ReentrantReadWriteLock();
  private final Options options;
  private final WriteOptions unsynced;
  private final RocksDB db;
  private boolean closed;

  private LogDb(Options options, RocksDB db) {
    this.options = options;
    this.db = db;
    this.unsynced = new WriteOptions().setSync(false);
  }

  static LogDb open(Path dir, RocksLogConfig config) throws StorageException {
    Options options = options(config);
    try {
      return new LogDb(options, RocksDB.open(options, dir.toString()));
    } catch (RocksDBException e) {
      options.close();
      throw new StorageException("cannot open the log database in " + dir, e);
    }
  }

  /**
   * Point-in-time recovery is the only mode that goes with reused write-ahead logs. It ends the
   * replay silently at the first damaged record; what was known to be synced is therefore noted
   * elsewhere, see {@code SyncedMark}.
   */
  private static Options options(RocksLogConfig config) {
    return new Options()
        .setCreateIfMissing(true)
        .setWriteBufferSize(config.writeBufferBytes())
        .setMaxWriteBufferNumber(config.writeBuffers())
        .setMaxTotalWalSize(config.walBytesMax())
        .setRecycleLogFileNum(config.recycledWals())
        .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
        .setAllowConcurrentMemtableWrite(false)
        .setCompressionType(CompressionType.NO_COMPRESSION)
        .setMaxBackgroundJobs(2)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setMaxLogFileSize(16L << 20)
        .setKeepLogFileNum(4);
  }

  @Override
  public void write(byte[] batch) throws StorageException {
    enter();
    try (WriteBatch adopted = new WriteBatch(batch)) {
      db.write(unsynced, adopted);
    } catch (RocksDBException e) {
      throw new StorageException("a write to the log failed", e);
    } finally {
      leave();
    }
  }

  @Override
  public void sync() throws StorageException {
    enter();
    try {
      db.syncWal();
    } catch (RocksDBException e) {
      throw new StorageException("a sync of the log failed", e);
    } finally {
      leave();
    }
  }

  @Override
  public byte @Nullable [] get(byte[] key) throws StorageException {
    enter();
    try {
      return db.get(key);
    } catch (RocksDBException e) {
      throw new StorageException("cannot read log record " + Sealed.name(key), e);
    } finally {
      leave();
    }
  }

  void put(byte[] key, byte[] value) throws StorageException {
    enter();
    try {
      db.put(unsynced, key, value);
    } catch (RocksDBException e) {
      throw new StorageException("a write to the log failed", e);
    } finally {
      leave();
    }
  }

  /** Visits keys from {@code from} on, below {@code to}. */
  <E extends Exception> void scan(byte[] from, byte[] to, Visitor<E> visitor)
      throws StorageException, E {
    scan(from, from, to, visitor);
  }

  /**
   * Visits keys from the greatest one at or below {@code at} on, all within {@code from} and below
   * {@code to}.
   */
  <E extends Exception> void scanFromFloor(byte[] at, byte[] from, byte[] to, Visitor<E> visitor)
      throws StorageException, E {
    scan(at, from, to, visitor);
  }

  private <E extends Exception> void scan(byte[] at, byte[] from, byte[] to, Visitor<E> visitor)
      throws StorageException, E {
    enter();
    try (Slice lower = new Slice(from);
        Slice upper = new Slice(to);
        ReadOptions bounds =
            new ReadOptions().setIterateLowerBound(lower).setIterateUpperBound(upper);
        RocksIterator records = db.newIterator(bounds)) {
      records.seekForPrev(at);
      if (!records.isValid()) {
        records.seek(at);
      }
      boolean more = true;
      while (more && records.isValid()) {
        more = visitor.visit(records.key(), records.value());
        records.next();
      }
      records.status();
    } catch (RocksDBException e) {
      throw new StorageException("cannot read the log", e);
    } finally {
      leave();
    }
  }

  @Override
  public long sequence() throws StorageException {
    enter();
    try {
      return db.getLatestSequenceNumber();
    } finally {
      leave();
    }
  }

  @Override
  public void close() {
    open.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        db.close();
        unsynced.close();
        options.close();
      }
    } finally {
      open.writeLock().unlock();
    }
  }

  private void enter() throws StorageException {
    open.readLock().lock();
    if (closed) {
      leave();
      throw new StorageException("the log is closed");
    }
  }

  private void leave() {
    open.readLock().unlock();
  }
}
