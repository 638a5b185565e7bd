package io.flotilla.shard.kv;

import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.StorageException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The effects of one apply round over any number of shards: a batch to be written as one, and on
 * top of the database what the batch will make of it, so that later entries see earlier ones.
 */
public final class KvRound implements ApplyRound {
  private final KvStore store;
  private final BatchBytes batch = new BatchBytes();
  private final Map<ByteKey, Optional<byte[]>> overlay = new HashMap<>();
  private final List<Runnable> afterwards = new ArrayList<>();

  KvRound(KvStore store) {
    this.store = store;
  }

  byte @Nullable [] get(byte[] key) throws StorageException {
    Optional<byte[]> staged = overlay.get(new ByteKey(key));
    return staged != null ? staged.orElse(null) : store.get(key);
  }

  void put(byte[] key, byte[] value) {
    batch.put(key, value);
    overlay.put(new ByteKey(key), Optional.of(value));
  }

  void delete(byte[] key) {
    batch.delete(key);
    overlay.put(new ByteKey(key), Optional.empty());
  }

  /**
   * Deletes what was put once, and not since it was last deleted: record and deletion then vanish
   * together at the next flush, and no deletion goes down all the levels.
   */
  void singleDelete(byte[] key) {
    batch.singleDelete(key);
    overlay.put(new ByteKey(key), Optional.empty());
  }

  /** Has something done once the round is committed, by the thread that commits it. */
  void afterwards(Runnable task) {
    afterwards.add(task);
  }

  @Override
  public long stagedBytes() {
    return batch.recordBytes();
  }

  @Override
  public void commit() throws StorageException {
    if (!batch.isEmpty()) {
      store.write(batch.toByteArray());
    }
    List<Runnable> tasks = List.copyOf(afterwards);
    clear();
    tasks.forEach(Runnable::run);
  }

  @Override
  public void close() {
    clear();
  }

  private void clear() {
    batch.clear();
    overlay.clear();
    afterwards.clear();
  }
}
