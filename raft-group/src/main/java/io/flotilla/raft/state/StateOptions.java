package io.flotilla.raft.state;

import org.rocksdb.Options;

/** RocksDB's options, and the native objects that live as long as they. */
public interface StateOptions extends AutoCloseable {
  Options options();

  @Override
  void close();
}
