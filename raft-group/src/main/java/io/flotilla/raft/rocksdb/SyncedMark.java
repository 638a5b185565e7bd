package io.flotilla.raft.rocksdb;

import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A note, outside the database, of a sequence number that is known to be synced. Point-in-time
 * recovery drops everything behind a damaged record without a word, and with it votes and
 * acknowledgements that were given; a database that reopens below the mark has forgotten promises
 * and must not be used. Two slots are written in turn, so that one is always whole.
 */
final class SyncedMark implements AutoCloseable {
  private static final int SLOT_BYTES = 4096;
  private static final int USED_BYTES = 12;

  private final Path path;
  private final FileChannel file;
  private int slot;

  private SyncedMark(Path path, FileChannel file) {
    this.path = path;
    this.file = file;
  }

  static SyncedMark open(Path path) throws StorageException {
    try {
      return new SyncedMark(
          path,
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
    } catch (IOException e) {
      throw new StorageException("cannot open " + path, e);
    }
  }

  /** The greatest number noted; 0 if none is legible. */
  long read() throws StorageException {
    return Math.max(readSlot(0), readSlot(1));
  }

  private long readSlot(int number) throws StorageException {
    ByteBuffer bytes = ByteBuffer.allocate(USED_BYTES);
    try {
      int read = file.read(bytes, (long) number * SLOT_BYTES);
      return read == USED_BYTES && bytes.getInt(Long.BYTES) == seal(bytes) ? bytes.getLong(0) : 0;
    } catch (IOException e) {
      throw new StorageException("cannot read " + path, e);
    }
  }

  /** Durable when it returns. */
  void write(long sequence) throws StorageException {
    ByteBuffer bytes = ByteBuffer.allocate(USED_BYTES).putLong(0, sequence);
    bytes.putInt(Long.BYTES, seal(bytes));
    try {
      file.write(bytes, (long) slot * SLOT_BYTES);
      file.force(false);
    } catch (IOException e) {
      throw new StorageException("cannot write " + path, e);
    }
    slot = 1 - slot;
  }

  private static int seal(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(0, Long.BYTES));
    return (int) crc.getValue();
  }

  @Override
  public void close() throws StorageException {
    try {
      file.close();
    } catch (IOException e) {
      throw new StorageException("cannot close " + path, e);
    }
  }
}
