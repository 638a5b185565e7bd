package io.flotilla.raft.state;

import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;
import org.rocksdb.SstFileReaderIterator;

/**
 * Reads an image's files, checks them and writes their records anew, under a generation of this
 * store's own. Used once.
 */
final class ImageLoader {
  /** Who knows what the records mean. */
  private final Generations.Records owner;

  private final StateDb db;
  private final long generation;
  private final SstFiles to;
  private byte[] previous = new byte[0];
  private long records = -1; // before the first record, which is none of the owner's
  private boolean ended;

  ImageLoader(StateDb db, long generation, Generations.Records owner, SstFiles to) {
    this.db = db;
    this.generation = generation;
    this.owner = owner;
    this.to = to;
  }

  void read(Path directory, List<SnapshotFile> files) throws ImageException {
    for (SnapshotFile file : files) {
      Path path = directory.resolve(file.name());
      try {
        check(path, file);
        read(path);
      } catch (ImageException e) {
        throw new ImageException("image file " + path + ": " + e.getMessage(), e);
      } catch (RocksDBException | IOException e) {
        throw new ImageException("image file " + path + " cannot be read", e);
      }
    }
    if (!ended) {
      throw new ImageException("the image in " + directory + " has no end");
    }
    owner.end();
  }

  private static void check(Path path, SnapshotFile file) throws IOException, ImageException {
    long bytes;
    try {
      bytes = Files.size(path);
    } catch (NoSuchFileException e) {
      throw new ImageException("it is missing", e);
    }
    if (bytes != file.bytes()) {
      throw new ImageException("it has " + bytes + " bytes instead of " + file.bytes());
    }
    int crc = GenerationImage.crc32c(path);
    if (crc != file.crc32c()) {
      throw new ImageException(
          String.format("it has checksum %08x instead of %08x", crc, file.crc32c()));
    }
  }

  private void read(Path path) throws RocksDBException, ImageException {
    try (ReadOptions all = new ReadOptions().setFillCache(false);
        SstFileReader file = new SstFileReader(db.options())) {
      file.open(path.toString());
      try (SstFileReaderIterator at = file.newIterator(all)) {
        for (at.seekToFirst(); at.isValid(); at.next()) {
          if (db.isClosing()) {
            throw new ImageException("the state is closed");
          }
          take(at.key(), at.value());
        }
        at.status();
      }
    }
  }

  private void take(byte[] key, byte[] value) throws ImageException {
    if (ended || Arrays.compareUnsigned(previous, key) >= 0) {
      throw new ImageException("its records are not in order");
    }
    previous = key.clone();
    if (records < 0) {
      ImageForm.checkFirst(key, value);
    } else if (ImageForm.isLast(key)) {
      ImageForm.checkLast(value, records);
      ended = true;
      return;
    } else {
      if (key.length <= Long.BYTES || Generations.of(key) != ImageForm.NO_GENERATION) {
        throw new ImageException("a key is outside of its generation");
      }
      Generations.set(key, generation);
      owner.next(key, value);
      to.put(key, value);
    }
    records++;
  }
}
