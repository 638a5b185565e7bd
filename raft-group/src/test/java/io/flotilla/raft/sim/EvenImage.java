package io.flotilla.raft.sim;

import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.util.List;

/**
 * An image of which nobody hears RocksDB's estimate of what it will weigh, which is not twice
 * alike, and which decides when logs are cut.
 */
public record EvenImage(StateImage image) implements StateImage {
  private static final long BYTES = 4_000;

  @Override
  public long applied() {
    return image.applied();
  }

  @Override
  public long approximateBytes() {
    return BYTES;
  }

  @Override
  public List<SnapshotFile> writeTo(Path directory) throws StorageException, ImageException {
    return image.writeTo(directory);
  }

  @Override
  public void close() {
    image.close();
  }
}
