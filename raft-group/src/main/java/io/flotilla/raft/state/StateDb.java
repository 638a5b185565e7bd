package io.flotilla.raft.state;

import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.FlushOptions;
import org.rocksdb.IngestExternalFileOptions;
import org.rocksdb.MutableDBOptions;
import org.rocksdb.Options;
import org.rocksdb.Range;
import org.rocksdb.ReadOptions;
import org.rocksdb.ReadTier;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.SizeApproximationFlag;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * A RocksDB without a write-ahead log: see the package. Any thread may call; all calls may block on
 * the disk. After closing, all calls fail with {@link StorageException}. RocksDB's own lock keeps a
 * second process out.
 */
public final class StateDb implements AutoCloseable {
  private static final long ALL_GENERATIONS = -1;
  private static final String OLDEST_SNAPSHOT = "rocksdb.oldest-snapshot-sequence";

  private final RocksDB db;
  private final StateOptions options;
  private final WriteOptions noLog = new WriteOptions().setDisableWAL(true);
  private final ReadOptions onDisk = new ReadOptions().setReadTier(ReadTier.PERSISTED_TIER);
  private final CountDownLatch unused = new CountDownLatch(1);
  // Entered around every native call: a closed handle must not be used.
  private final Gate use = new Gate(unused::countDown);
  private final ReentrantLock ending = new ReentrantLock();
  private final Set<Snapshot> pins = ConcurrentHashMap.newKeySet();

  private StateDb(RocksDB db, StateOptions options) {
    this.db = db;
    this.options = options;
  }

  /**
   * Opens or makes the database in {@code directory}; {@code options} are closed with it.
   *
   * @throws StorageException if it is in use, damaged or cannot be read
   */
  public static StateDb open(Path directory, StateOptions options) throws StorageException {
    try {
      Files.createDirectories(directory);
      return new StateDb(RocksDB.open(options.options(), directory.toString()), options);
    } catch (RocksDBException | IOException e) {
      options.close();
      throw new StorageException("cannot open the state in " + directory, e);
    }
  }

  /** Whether there is a state in this directory, whatever its form. Changes nothing. */
  public static boolean isIn(Path directory) {
    return Files.exists(directory.resolve("CURRENT"));
  }

  public byte @Nullable [] get(byte[] key) throws StorageException {
    enter();
    try {
      return db.get(key);
    } catch (RocksDBException e) {
      throw new StorageException("cannot read the state", e);
    } finally {
      use.leave();
    }
  }

  /** What a crash now would leave of this key. */
  public byte @Nullable [] getDurable(byte[] key) throws StorageException {
    enter();
    try {
      return db.get(onDisk, key);
    } catch (RocksDBException e) {
      throw new StorageException("cannot read the state", e);
    } finally {
      use.leave();
    }
  }

  /** Makes a batch visible; a flush makes it durable. */
  public void write(WriteBatch batch) throws StorageException {
    enter();
    try {
      db.write(noLog, batch);
    } catch (RocksDBException e) {
      throw new StorageException("cannot write the state", e);
    } finally {
      use.leave();
    }
  }

  /** Makes all that was written durable. */
  public void flush() throws StorageException {
    enter();
    try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
      db.flush(wait);
    } catch (RocksDBException e) {
      throw new StorageException("cannot flush the state", e);
    } finally {
      use.leave();
    }
  }

  /** All of it as of now, whatever is written meanwhile. To be closed soon. */
  public StateView view() throws StorageException {
    enter();
    return owning(ALL_GENERATIONS, use::leave);
  }

  /** As the other one, by who looks into one generation. */
  StateView view(long generation) throws StorageException {
    enter();
    return owning(generation, use::leave);
  }

  private StateView owning(long generation, Runnable whenClosed) {
    Snapshot snapshot = db.getSnapshot();
    return new StateView(
        db,
        generation,
        snapshot,
        () -> {
          giveBack(snapshot);
          whenClosed.run();
        });
  }

  /** Keeps this moment until it is released or this is closed, also when nobody is inside. */
  Snapshot pin() throws StorageException {
    enter();
    try {
      Snapshot pin = db.getSnapshot();
      pins.add(pin);
      return pin;
    } finally {
      use.leave();
    }
  }

  StateView view(Snapshot pin, long generation) throws StorageException {
    enter();
    return new StateView(db, generation, pin, use::leave);
  }

  /** Again is no error, nor is it after closing, which does the same. */
  void release(Snapshot pin) {
    if (use.enter()) {
      if (pins.remove(pin)) {
        giveBack(pin);
      }
      use.leave();
    }
  }

  private void giveBack(Snapshot snapshot) {
    db.releaseSnapshot(snapshot);
    snapshot.close();
  }

  /** What stands between two keys weighs, in bytes, within some per cent. */
  long approximateBytes(byte[] from, byte[] to) throws StorageException {
    enter();
    try (Slice begin = new Slice(from);
        Slice end = new Slice(to)) {
      return db.getApproximateSizes(
              List.of(new Range(begin, end)),
              SizeApproximationFlag.INCLUDE_FILES,
              SizeApproximationFlag.INCLUDE_MEMTABLES)[0];
    } finally {
      use.leave();
    }
  }

  /** The moment up to which everything was written, as RocksDB counts it. */
  long now() throws StorageException {
    enter();
    try {
      return db.getLatestSequenceNumber();
    } finally {
      use.leave();
    }
  }

  /** The moment of the oldest view or pin that is open, or now. */
  long oldestView() throws StorageException {
    enter();
    try {
      long now = db.getLatestSequenceNumber(); // first: a view that is opened meanwhile is no older
      long oldest = db.getLongProperty(OLDEST_SNAPSHOT);
      return oldest == 0 ? now : Math.min(oldest, now);
    } catch (RocksDBException e) {
      throw new StorageException("cannot look at the state", e);
    } finally {
      use.leave();
    }
  }

  /** Deletes for all that look from now on. */
  void deleteRange(byte[] from, byte[] to) throws StorageException {
    enter();
    try {
      db.deleteRange(noLog, from, to);
    } catch (RocksDBException e) {
      throw new StorageException("cannot delete from the state", e);
    } finally {
      use.leave();
    }
  }

  /** Deletes the files that hold nothing else, whoever has them in view. */
  void deleteFiles(byte[] from, byte[] to) throws StorageException {
    enter();
    try {
      db.deleteFilesInRanges(db.getDefaultColumnFamily(), List.of(from, to), false);
    } catch (RocksDBException e) {
      throw new StorageException("cannot delete from the state", e);
    } finally {
      use.leave();
    }
  }

  /**
   * Takes in files of keys of which there are none here. All of them are durable when this returns,
   * by one edit of the manifest: a crash leaves all or none.
   */
  void ingest(List<Path> files) throws StorageException {
    enter();
    // A flush would mean that some such key is in memory: better to fail.
    try (IngestExternalFileOptions fresh =
        new IngestExternalFileOptions()
            .setMoveFiles(true)
            .setAllowBlockingFlush(false)
            .setWriteGlobalSeqno(false)) {
      db.ingestExternalFile(files.stream().map(Path::toString).toList(), fresh);
    } catch (RocksDBException e) {
      throw new StorageException("cannot take in " + files, e);
    } finally {
      use.leave();
    }
  }

  /** For files that are written or read beside it; stay inside while they are used. */
  Options options() {
    return options.options();
  }

  /** Whether those inside should leave. */
  boolean isClosing() {
    return use.isClosed();
  }

  void enter() throws StorageException {
    if (!use.enter()) {
      throw closed();
    }
  }

  void leave() {
    use.leave();
  }

  private static StorageException closed() {
    return new StorageException("the state is closed");
  }

  /** Flushes and closes, after all calls and views under way. */
  @Override
  public void close() throws StorageException {
    end(true);
  }

  /**
   * Closes as a crash would: what was not flushed is lost, and will be applied again from the log.
   * Native memory and the directory's lock are given back all the same.
   */
  public void kill() throws StorageException {
    end(false);
  }

  private void end(boolean flush) throws StorageException {
    ending.lock();
    try {
      if (!use.close()) {
        return;
      }
      awaitUnused();
      pins.forEach(this::giveBack);
      try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
        if (flush) {
          db.flush(wait);
        } else {
          db.setDBOptions(MutableDBOptions.builder().setAvoidFlushDuringShutdown(true).build());
        }
      } finally {
        db.close();
        noLog.close();
        onDisk.close();
        options.close();
      }
    } catch (RocksDBException e) {
      throw new StorageException("cannot close the state", e);
    } finally {
      ending.unlock();
    }
  }

  /** A closing that gives up would leave native memory in use by nobody. */
  private void awaitUnused() {
    boolean interrupted = false;
    while (true) {
      try {
        unused.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
