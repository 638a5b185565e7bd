package io.flotilla.placement.store;

import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.StorageException;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** One atomic write of changed records and the applied index. */
public final class PlacementRound implements ApplyRound {
  private final PlacementStore store;
  private final WriteBatch batch = new WriteBatch();
  private final List<Runnable> committed = new ArrayList<>();

  PlacementRound(PlacementStore store) {
    this.store = store;
  }

  void put(StateRecord record, long generation) throws StorageException {
    try {
      byte[] value = record.value();
      if (value == null) {
        batch.delete(record.key(generation));
      } else {
        batch.put(record.key(generation), value);
      }
    } catch (RocksDBException failed) {
      throw new StorageException("placement's state cannot be staged", failed);
    }
  }

  /** Runs {@code action} when all that is staged has become visible. */
  void onCommit(Runnable action) {
    committed.add(action);
  }

  @Override
  public long stagedBytes() {
    return batch.getDataSize();
  }

  @Override
  public void commit() throws StorageException {
    if (batch.count() > 0) {
      store.write(batch);
    }
    store.sweep();
    batch.clear();
    List<Runnable> actions = List.copyOf(committed);
    committed.clear();
    actions.forEach(Runnable::run);
  }

  @Override
  public void close() {
    batch.close();
  }
}
