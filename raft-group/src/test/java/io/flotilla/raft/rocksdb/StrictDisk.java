package io.flotilla.raft.rocksdb;

import io.flotilla.raft.port.StorageException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * Sees to it that each record is put once before it is removed, and removed as the database wants
 * it; anything else it answers some day with entries that come back, or go.
 */
final class StrictDisk implements LogDisk {
  /** What was done wrong. */
  final List<String> wrongs = new CopyOnWriteArrayList<>();

  private final LogDisk disk;
  private final Set<String> live = new HashSet<>();

  StrictDisk(LogDisk disk) {
    this.disk = disk;
  }

  @Override
  public void write(byte[] batch) throws StorageException {
    try (WriteBatch parsed = new WriteBatch(batch);
        Shadow shadow = new Shadow()) {
      parsed.iterate(shadow);
    } catch (RocksDBException e) {
      throw new StorageException("not a batch", e);
    }
    disk.write(batch);
  }

  private final class Shadow extends WriteBatch.Handler {
    @Override
    public void put(byte[] key, byte[] value) {
      if (key[0] == LogKeys.RECORD && !live.add(Sealed.name(key))) {
        wrongs.add("put twice: " + Sealed.name(key));
      }
    }

    @Override
    public void singleDelete(byte[] key) {
      if (!live.remove(Sealed.name(key))) {
        wrongs.add("removed though it is not there: " + Sealed.name(key));
      }
    }

    @Override
    public void delete(byte[] key) {
      if (key[0] == LogKeys.RECORD) {
        wrongs.add("removed in the wrong way: " + Sealed.name(key));
      }
    }

    private void unexpected() {
      wrongs.add("a change of a kind that the log has no use for");
    }

    @Override
    public void put(int columnFamily, byte[] key, byte[] value) {
      put(key, value);
    }

    @Override
    public void merge(int columnFamily, byte[] key, byte[] value) {
      unexpected();
    }

    @Override
    public void merge(byte[] key, byte[] value) {
      unexpected();
    }

    @Override
    public void delete(int columnFamily, byte[] key) {
      delete(key);
    }

    @Override
    public void singleDelete(int columnFamily, byte[] key) {
      singleDelete(key);
    }

    @Override
    public void deleteRange(int columnFamily, byte[] begin, byte[] end) {
      unexpected();
    }

    @Override
    public void deleteRange(byte[] begin, byte[] end) {
      unexpected();
    }

    @Override
    public void logData(byte[] blob) {
      unexpected();
    }

    @Override
    public void putBlobIndex(int columnFamily, byte[] key, byte[] value) {
      unexpected();
    }

    @Override
    public void markBeginPrepare() {
      unexpected();
    }

    @Override
    public void markEndPrepare(byte[] id) {
      unexpected();
    }

    @Override
    public void markNoop(boolean emptyBatch) {
      unexpected();
    }

    @Override
    public void markRollback(byte[] id) {
      unexpected();
    }

    @Override
    public void markCommit(byte[] id) {
      unexpected();
    }

    @Override
    public void markCommitWithTimestamp(byte[] id, byte[] timestamp) {
      unexpected();
    }
  }

  @Override
  public void sync() throws StorageException {
    disk.sync();
  }

  @Override
  public byte[] get(byte[] key) throws StorageException {
    return disk.get(key);
  }

  @Override
  public long sequence() throws StorageException {
    return disk.sequence();
  }
}
