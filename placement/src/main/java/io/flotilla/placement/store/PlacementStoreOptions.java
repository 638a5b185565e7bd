package io.flotilla.placement.store;

import io.flotilla.raft.state.StateOptions;
import org.rocksdb.Options;

/** How RocksDB keeps placement's state. */
final class PlacementStoreOptions implements StateOptions {
  private static final long WRITE_BUFFER_BYTES = 8L << 20;

  private final Options options =
      new Options()
          .setCreateIfMissing(true)
          .setWriteBufferSize(WRITE_BUFFER_BYTES)
          .setKeepLogFileNum(2);

  @Override
  public Options options() {
    return options;
  }

  @Override
  public void close() {
    options.close();
  }
}
