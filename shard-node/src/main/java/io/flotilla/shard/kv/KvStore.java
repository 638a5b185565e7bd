package io.flotilla.shard.kv;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.port.StateStore;
import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.FlushOptions;
import org.rocksdb.MutableDBOptions;
import org.rocksdb.Range;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.SizeApproximationFlag;
import org.rocksdb.Slice;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The states of all shards of a node, in one RocksDB without a write-ahead log: see the package for
 * why that is safe. Any thread may call; all calls may block on the disk. After closing, all calls
 * fail with {@link StorageException}. RocksDB's own lock keeps a second process out.
 */
public final class KvStore implements StateStore<KvRound>, AutoCloseable {
  private final RocksDB db;
  private final KvStoreOptions options;
  private final WriteOptions noLog = new WriteOptions().setDisableWAL(true);
  // Held for reading around every native call: a closed handle must not be used.
  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
  private boolean closed;

  private KvStore(RocksDB db, KvStoreOptions options) {
    this.db = db;
    this.options = options;
  }

  /**
   * Opens or makes the database in {@code directory}.
   *
   * @throws StorageException if it is in use, damaged or cannot be read
   */
  public static KvStore open(Path directory, KvStoreConfig config) throws StorageException {
    RocksDB.loadLibrary();
    KvStoreOptions options = new KvStoreOptions(config);
    try {
      Files.createDirectories(directory);
      return new KvStore(RocksDB.open(options.options(), directory.toString()), options);
    } catch (RocksDBException | IOException e) {
      options.close();
      throw new StorageException("cannot open the state in " + directory, e);
    }
  }

  @Override
  public KvRound newRound() {
    return new KvRound(this);
  }

  /** The descriptors of the shards whose state is here, by id. */
  public List<Shard> shards() throws StorageException {
    List<Shard> shards = new ArrayList<>();
    try (KvView view = view();
        RocksIterator at = view.iterate(new byte[0], null)) {
      at.seekToFirst();
      while (at.isValid()) {
        long generation = KvKeys.generation(at.key());
        byte[] descriptor = view.get(KvKeys.descriptor(generation));
        if (descriptor == null) {
          throw new StorageException("generation " + generation + " has no descriptor");
        }
        shards.add(Shard.parseFrom(descriptor));
        at.seek(KvKeys.generationBegin(generation + 1));
      }
      at.status();
    } catch (RocksDBException | InvalidProtocolBufferException e) {
      throw new StorageException("cannot list the shards", e);
    }
    return shards;
  }

  /**
   * Makes room for new, empty shards. Their descriptors are on disk when this returns: the flush
   * that this costs is shared by all of them.
   */
  public void create(List<Shard> shards) throws StorageException {
    if (shards.isEmpty()) {
      return;
    }
    try (KvRound round = newRound()) {
      for (Shard shard : shards) {
        if (get(KvKeys.descriptor(shard.getId())) != null) {
          throw new IllegalArgumentException("shard " + shard.getId() + " is already here");
        }
        round.put(KvKeys.descriptor(shard.getId()), shard.toByteArray());
      }
      round.commit();
    }
    flush();
  }

  /** Makes all that was committed durable. */
  public void flush() throws StorageException {
    Lock held = enter();
    try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
      db.flush(wait);
    } catch (RocksDBException e) {
      throw new StorageException("cannot flush the state", e);
    } finally {
      held.unlock();
    }
  }

  /** What a shard's data weighs, in bytes, within some per cent. */
  public long approximateBytes(long shard) throws StorageException {
    Lock held = enter();
    try (Slice begin = new Slice(KvKeys.generationBegin(shard));
        Slice end = new Slice(KvKeys.generationBegin(shard + 1))) {
      return db.getApproximateSizes(
              List.of(new Range(begin, end)),
              SizeApproximationFlag.INCLUDE_FILES,
              SizeApproximationFlag.INCLUDE_MEMTABLES)[0];
    } finally {
      held.unlock();
    }
  }

  byte @Nullable [] get(byte[] key) throws StorageException {
    Lock held = enter();
    try {
      return db.get(key);
    } catch (RocksDBException e) {
      throw new StorageException("cannot read the state", e);
    } finally {
      held.unlock();
    }
  }

  void write(byte[] batch) throws StorageException {
    Lock held = enter();
    try (WriteBatch writes = new WriteBatch(batch)) {
      db.write(noLog, writes);
    } catch (RocksDBException e) {
      throw new StorageException("cannot write the state", e);
    } finally {
      held.unlock();
    }
  }

  /** The state as of now, whatever is written meanwhile. To be closed by the thread that asked. */
  KvView view() throws StorageException {
    return new KvView(db, enter());
  }

  /** Flushes and closes, after all calls under way. */
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
    use.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
        if (flush) {
          db.flush(wait);
        } else {
          db.setDBOptions(MutableDBOptions.builder().setAvoidFlushDuringShutdown(true).build());
        }
      } finally {
        db.close();
        noLog.close();
        options.close();
      }
    } catch (RocksDBException e) {
      throw new StorageException("cannot close the state", e);
    } finally {
      use.writeLock().unlock();
    }
  }

  private Lock enter() throws StorageException {
    Lock lock = use.readLock();
    lock.lock();
    if (closed) {
      lock.unlock();
      throw new StorageException("the state is closed");
    }
    return lock;
  }
}
