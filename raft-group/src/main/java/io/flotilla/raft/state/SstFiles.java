package io.flotilla.raft.state;

import io.flotilla.raft.port.ImageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.EnvOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileWriter;

/**
 * Writes records that come in the order of their keys into a row of SST files. RocksDB syncs a file
 * when it is finished, and refuses a key that is not above the one before.
 */
final class SstFiles implements AutoCloseable {
  private final Path directory;
  private final long fileBytes;
  private final Options options;
  private final EnvOptions env = new EnvOptions();
  private final List<Path> files = new ArrayList<>();
  private @Nullable SstFileWriter open;

  SstFiles(Path directory, long fileBytes, Options options) {
    this.directory = directory;
    this.fileBytes = fileBytes;
    this.options = options;
  }

  void put(byte[] key, byte[] value) throws ImageException {
    try {
      SstFileWriter to = open == null ? next() : open;
      to.put(key, value);
      if (to.fileSize() >= fileBytes) {
        finishFile(to);
      }
    } catch (RocksDBException e) {
      throw new ImageException("cannot write an image to " + directory, e);
    }
  }

  /** All files, in order, each on disk. */
  List<Path> finish() throws ImageException {
    try {
      if (open != null) {
        finishFile(open);
      }
    } catch (RocksDBException e) {
      throw new ImageException("cannot write an image to " + directory, e);
    }
    return List.copyOf(files);
  }

  private SstFileWriter next() throws RocksDBException {
    SstFileWriter writer = new SstFileWriter(env, options);
    open = writer;
    Path file = directory.resolve(String.format("%06d.sst", files.size() + 1));
    writer.open(file.toString());
    files.add(file);
    return writer;
  }

  private void finishFile(SstFileWriter writer) throws RocksDBException {
    writer.finish();
    writer.close();
    open = null;
  }

  @Override
  public void close() {
    if (open != null) {
      open.close();
      open = null;
    }
    env.close();
  }
}
