package io.flotilla.placement.store;

import io.flotilla.raft.port.StateStore;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generations;
import io.flotilla.raft.state.StateDb;
import java.nio.file.Path;
import java.util.Set;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBatch;

/**
 * Placement's state on disk: a RocksDB with one column family and without a WAL. Each round is one
 * batch that holds its entries' effects and the applied index, so that what survives a crash is
 * exactly the state of some prefix of the log. Nobody writes but the one apply thread.
 */
public final class PlacementStore implements StateStore<PlacementRound>, AutoCloseable {
  private final StateDb db;
  private final Generations generations;
  private volatile boolean keepUnflushed = true;

  /**
   * Opens the state in {@code directory}, or makes it. Blocks on the disk.
   *
   * @throws StorageException if it cannot be opened
   */
  public PlacementStore(Path directory) throws StorageException {
    RocksDB.loadLibrary();
    db = StateDb.open(directory, new PlacementStoreOptions());
    try {
      generations = Generations.of(db);
    } catch (StorageException e) {
      db.close();
      throw e;
    }
  }

  /**
   * Deletes generations that the log does not name: images that were loaded and not adopted, states
   * that were replaced. Once, before the state is opened.
   *
   * @throws StorageException if that generation is not here
   */
  public void deleteAllBut(long named) throws StorageException {
    generations.deleteAllBut(Set.of(named));
  }

  /** Deletes what was replaced or discarded and is not read any more, with the next round. */
  void sweep() throws StorageException {
    generations.sweep();
  }

  @Override
  public PlacementRound newRound() {
    return new PlacementRound(this);
  }

  @Override
  public void flush() throws StorageException {
    db.flush();
  }

  void write(WriteBatch batch) throws StorageException {
    db.write(batch);
  }

  StateDb db() {
    return db;
  }

  Generations generations() {
    return generations;
  }

  /**
   * Makes all rounds durable and closes. The apply thread must have ended.
   *
   * @throws StorageException if they could not be made durable; it is closed all the same, and the
   *     log still has them
   */
  @Override
  public void close() throws StorageException {
    if (keepUnflushed) {
      db.close();
    } else {
      db.kill();
    }
  }

  /** Has {@link #close} behave as a crash: rounds that were not flushed by then are lost. */
  public void loseUnflushed() {
    keepUnflushed = false;
  }
}
