package io.flotilla.raft.port;

import java.nio.file.Path;
import java.util.List;

/**
 * A group's whole state at one applied index, whatever is applied meanwhile. It keeps the disk from
 * giving back what is overwritten, so it is closed soon. Any thread, one at a time.
 */
public interface StateImage extends AutoCloseable {
  /** The index of the last entry whose effects are in the image. */
  long applied();

  /** About what its files will weigh, in bytes; within some per cent if it is large. */
  long approximateBytes();

  /**
   * Writes the image as files of about 32 MiB, to be read in this order. They are on disk when this
   * returns. Blocks for as long as it takes to read and write all of the state; ends early with an
   * exception if the store is closed. What it leaves then is for the caller to delete.
   *
   * @param directory exists, and holds nothing else
   * @throws ImageException if the files cannot be written
   * @throws StorageException if the state's disk failed; the process must end
   */
  List<SnapshotFile> writeTo(Path directory) throws StorageException, ImageException;

  /** Does not block. */
  @Override
  void close();
}
