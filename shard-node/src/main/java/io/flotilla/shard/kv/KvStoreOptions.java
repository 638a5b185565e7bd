package io.flotilla.shard.kv;

import io.flotilla.raft.state.StateOptions;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;

/** How RocksDB keeps shards. */
final class KvStoreOptions implements StateOptions {
  private static final int BLOOM_BITS_PER_KEY = 10;
  private static final int BLOCK_BYTES = 16 << 10;
  private static final int OPEN_FILES_MAX = 1024;
  private static final int INFO_LOGS_KEPT = 4;

  /**
   * A memtable is small, so that finding a key's place in it costs few cache misses: that was a
   * quarter of a node's work. Several are flushed as one file; a read asks each of them only for
   * what its filter does not deny.
   */
  private static final int MEMTABLES_PER_FLUSH = 8;

  private static final double MEMTABLE_BLOOM_SHARE = 0.1;

  /**
   * Many flushed files make one compaction, and the level below is about as large as they are
   * together, so that it is not rewritten for little.
   */
  private static final int FLUSHED_PER_COMPACTION = 8;

  private final LRUCache cache;
  private final BloomFilter bloom = new BloomFilter(BLOOM_BITS_PER_KEY, false);
  private final Options options = new Options();

  KvStoreOptions(KvStoreConfig config) {
    cache = new LRUCache(config.cacheBytes());
    options
        .setCreateIfMissing(true)
        .setWriteBufferSize(config.writeBufferBytes() / MEMTABLES_PER_FLUSH)
        .setMinWriteBufferNumberToMerge(MEMTABLES_PER_FLUSH)
        .setMaxWriteBufferNumber(MEMTABLES_PER_FLUSH * config.writeBuffersMax())
        .setMemtablePrefixBloomSizeRatio(MEMTABLE_BLOOM_SHARE)
        .setMemtableWholeKeyFiltering(true)
        .setMaxBackgroundJobs(config.backgroundJobs())
        .setLevel0FileNumCompactionTrigger(FLUSHED_PER_COMPACTION)
        .setMaxBytesForLevelBase(FLUSHED_PER_COMPACTION * config.writeBufferBytes())
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setLevelCompactionDynamicLevelBytes(true)
        .setMaxOpenFiles(OPEN_FILES_MAX)
        .setAvoidFlushDuringShutdown(false)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setKeepLogFileNum(INFO_LOGS_KEPT)
        .setTableFormatConfig(
            new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setBlockSize(BLOCK_BYTES)
                .setFilterPolicy(bloom)
                .setCacheIndexAndFilterBlocks(true)
                .setPinL0FilterAndIndexBlocksInCache(true));
  }

  @Override
  public Options options() {
    return options;
  }

  @Override
  public void close() {
    options.close();
    bloom.close();
    cache.close();
  }
}
