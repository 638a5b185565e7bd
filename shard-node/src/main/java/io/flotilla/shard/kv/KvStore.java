package io.flotilla.shard.kv;

import io.flotilla.proto.map.Shard;
import io.flotilla.raft.port.StateStore;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generation;
import io.flotilla.raft.state.Generations;
import io.flotilla.raft.state.KeySpan;
import io.flotilla.raft.state.StateDb;
import io.flotilla.raft.state.StateView;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;

/**
 * The states of all shards of a node, in one RocksDB without a write-ahead log: see the package for
 * why that is safe. Any thread may call; all calls may block on the disk. After closing, all calls
 * fail with {@link StorageException}. RocksDB's own lock keeps a second process out.
 */
public final class KvStore implements StateStore<KvRound>, AutoCloseable {
  private final StateDb db;
  private final Generations generations;
  private final Holdings holdings = new Holdings();

  private KvStore(StateDb db, Generations generations) {
    this.db = db;
    this.generations = generations;
  }

  /**
   * Opens or makes the database in {@code directory}.
   *
   * @throws StorageException if it is in use, damaged or cannot be read
   */
  public static KvStore open(Path directory, KvStoreConfig config) throws StorageException {
    RocksDB.loadLibrary();
    StateDb db = StateDb.open(directory, new KvStoreOptions(config));
    try {
      return new KvStore(db, Generations.of(db));
    } catch (StorageException e) {
      db.close();
      throw e;
    }
  }

  @Override
  public KvRound newRound() {
    return new KvRound(this);
  }

  /**
   * A shard's state that is here, whether or not a log names it.
   *
   * @param applied the last entry that it holds; 0 if it waits for an image
   */
  public record Found(long generation, Shard shard, long applied) {
    /** Whether it is as new shards begin: nothing was applied to it. */
    public boolean begins() {
      return applied == KvStateMachine.BEGIN.index();
    }

    /**
     * Whether it is all that the shard was when it was frozen; the descriptor alone may be older.
     */
    public boolean isFrozen() {
      return shard.hasFrozen() && applied >= shard.getFrozen().getIndex();
    }
  }

  /** All states that are here, by generation. */
  public List<Found> found() throws StorageException {
    List<Found> found = new ArrayList<>();
    try (StateView view = db.view()) {
      for (long generation : generations.all()) {
        KeySpan meta = KvKeys.allMeta(generation);
        try (RocksIterator at = view.iterate(meta.from(), meta.to())) {
          for (at.seekToFirst(); at.isValid(); at.next()) {
            if (KvKeys.meta(at.key()) == KvKeys.DESCRIPTOR) {
              found.add(found(view, generation, ShardState.decode(at.value())));
            }
          }
          at.status();
        }
      }
    } catch (RocksDBException e) {
      throw new StorageException("cannot look for shards", e);
    }
    return found;
  }

  private static Found found(StateView view, long generation, Shard shard) throws StorageException {
    byte[] progress = view.get(KvKeys.progress(generation, shard.getId()));
    long applied = Progress.decode(progress).applied();
    return new Found(generation, shard, applied);
  }

  /**
   * Deletes everything but these states: images that were loaded and not adopted, states that were
   * replaced or retired, also where they share a generation with others. Once, before any shard is
   * opened. A frozen state that is kept can be absorbed, whether or not it is opened.
   */
  public void deleteAllBut(Collection<Found> kept) throws StorageException {
    List<KeySpan> keys = new ArrayList<>();
    for (Found state : kept) {
      long number = state.generation();
      long shard = state.shard().getId();
      Extents extents = ShardState.extents(this, state.shard(), number);
      keys.addAll(ShardState.keys(extents, number, shard));
      holdings.hold(new Holdings.Holding(number, shard, extents)); // before any is applied to
    }
    generations.deleteAllBut(keys);
  }

  /** Whether there is a state of this shard that counts, opened or not. Does not block. */
  public boolean isHere(long shard) {
    return !holdings.of(shard).isEmpty();
  }

  /** Deletes what was replaced or discarded and is not read any more. To be called now and then. */
  public void sweep() throws StorageException {
    generations.sweep();
  }

  /**
   * Makes room for new, empty shards, each under a generation of its own. Their descriptors are on
   * disk when this returns, so that their logs can name the generations: the flush that this costs
   * is shared by all of them.
   *
   * @param applied as of which index they are: {@link KvStateMachine#BEGIN}, or 0 for one that gets
   *     an image before anything else
   * @return the generations, in the order of the shards
   */
  public List<Long> create(List<Shard> shards, long applied) throws StorageException {
    List<Long> created = new ArrayList<>();
    if (shards.isEmpty()) {
      return created;
    }
    try (KvRound round = newRound()) {
      for (Shard shard : shards) {
        Generation fresh = generations.allot();
        long id = shard.getId();
        round.put(KvKeys.descriptor(fresh.number(), id), shard.toByteArray());
        round.put(KvKeys.progress(fresh.number(), id), new Progress(applied, 0).encode());
        created.add(fresh.number());
      }
      round.commit();
    }
    flush();
    return created;
  }

  @Override
  public void flush() throws StorageException {
    db.flush();
  }

  Generations generations() {
    return generations;
  }

  Holdings holdings() {
    return holdings;
  }

  byte @Nullable [] get(byte[] key) throws StorageException {
    return db.get(key);
  }

  byte @Nullable [] getDurable(byte[] key) throws StorageException {
    return db.getDurable(key);
  }

  void write(byte[] batch) throws StorageException {
    try (WriteBatch writes = new WriteBatch(batch)) {
      db.write(writes);
    }
  }

  /** The state as of now, whatever is written meanwhile. To be closed by the thread that asked. */
  StateView view() throws StorageException {
    return db.view();
  }

  /** Flushes and closes, after all calls under way. */
  @Override
  public void close() throws StorageException {
    db.close();
  }

  /**
   * Closes as a crash would: what was not flushed is lost, and will be applied again from the log.
   * Native memory and the directory's lock are given back all the same.
   */
  public void kill() throws StorageException {
    db.kill();
  }
}
