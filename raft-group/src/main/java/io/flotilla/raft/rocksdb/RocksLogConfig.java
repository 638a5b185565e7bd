package io.flotilla.raft.rocksdb;

/**
 * @param writeBufferBytes of one memtable; truncated records that still lie in it are never written
 *     again, and restarting replays at most all of them
 * @param writeBuffers memtables at most, the one being filled included
 * @param walBytesMax of all write-ahead logs; beyond it the oldest memtable is flushed
 * @param recycledWals write-ahead logs kept for reuse, so that a sync need not grow a file
 * @param batchBytesMax hand-overs are merged into one write up to about this
 * @param recordBytesMax a longer append becomes several records, so that a read in its middle need
 *     not load all of it
 */
public record RocksLogConfig(
    long writeBufferBytes,
    int writeBuffers,
    long walBytesMax,
    int recycledWals,
    int batchBytesMax,
    int recordBytesMax) {
  public static final RocksLogConfig DEFAULT =
      new RocksLogConfig(64L << 20, 2, 256L << 20, 4, 4 << 20, 1 << 20);

  public RocksLogConfig {
    require(writeBufferBytes >= 1 << 16, "writeBufferBytes", writeBufferBytes, "at least 64 KiB");
    require(writeBuffers >= 2, "writeBuffers", writeBuffers, "at least 2");
    require(walBytesMax >= writeBufferBytes, "walBytesMax", walBytesMax, "at least one memtable");
    require(recycledWals >= 0, "recycledWals", recycledWals, "0 or more");
    require(batchBytesMax >= 1, "batchBytesMax", batchBytesMax, "at least 1");
    require(recordBytesMax >= 1, "recordBytesMax", recordBytesMax, "at least 1");
  }

  private static void require(boolean holds, String name, long value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed: " + allowed);
    }
  }
}
