package io.flotilla.shard.kv;

/**
 * @param writeBufferBytes what memory gathers before it is flushed
 * @param writeBuffersMax as many times that may be in memory before writes stall; it bounds what is
 *     replayed after a crash
 * @param cacheBytes blocks of all shards, shared
 * @param backgroundJobs flushes and compactions at a time
 */
public record KvStoreConfig(
    long writeBufferBytes, int writeBuffersMax, long cacheBytes, int backgroundJobs) {
  public static final KvStoreConfig DEFAULT = new KvStoreConfig(8L << 20, 8, 64L << 20, 2);

  public KvStoreConfig {
    require(writeBufferBytes >= 1 << 20, "state.write-buffer-bytes", writeBufferBytes, "1048576");
    require(writeBuffersMax >= 2, "writeBuffersMax", writeBuffersMax, "2");
    require(cacheBytes >= 1 << 20, "state.cache-bytes", cacheBytes, "1048576");
    require(backgroundJobs >= 1, "backgroundJobs", backgroundJobs, "1");
  }

  public KvStoreConfig withWriteBufferBytes(long bytes) {
    return new KvStoreConfig(bytes, writeBuffersMax, cacheBytes, backgroundJobs);
  }

  public KvStoreConfig withCacheBytes(long bytes) {
    return new KvStoreConfig(writeBufferBytes, writeBuffersMax, bytes, backgroundJobs);
  }

  private static void require(boolean holds, String name, long value, String least) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed: at least " + least);
    }
  }
}
