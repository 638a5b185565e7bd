package io.flotilla.raft.rocksdb;

import io.flotilla.raft.port.StorageException;
import org.jspecify.annotations.Nullable;

/** The part of the database that the writer and the syncer use: where a test lets a disk fail. */
interface LogDisk {
  /** Writes a serialized batch, atomically; not yet durable. */
  void write(byte[] batch) throws StorageException;

  /** Makes all that was written durable. */
  void sync() throws StorageException;

  byte @Nullable [] get(byte[] key) throws StorageException;

  /** Rises with each change; the same again after an opening that lost nothing. */
  long sequence() throws StorageException;
}
