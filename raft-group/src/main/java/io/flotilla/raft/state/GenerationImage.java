package io.flotilla.raft.state;

import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Snapshot;

/** The keys of one owner as they were, kept by a pin. */
final class GenerationImage implements StateImage {
  private static final int READ_BYTES = 1 << 16;

  private final StateDb db;
  private final Snapshot pin;
  private final List<KeySpan> owned;
  private final long applied;
  private final long bytes;
  private final long fileBytes;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param pin to be released at closing
   * @param owned in the order in which their keys come without generations
   * @param bytes about what it weighs
   * @param fileBytes about what each of its files will weigh
   */
  GenerationImage(
      StateDb db, Snapshot pin, List<KeySpan> owned, long applied, long bytes, long fileBytes) {
    this.db = db;
    this.pin = pin;
    this.owned = List.copyOf(owned);
    this.applied = applied;
    this.bytes = bytes;
    this.fileBytes = fileBytes;
  }

  @Override
  public long applied() {
    return applied;
  }

  @Override
  public long approximateBytes() {
    return bytes;
  }

  @Override
  public List<SnapshotFile> writeTo(Path directory) throws StorageException, ImageException {
    try (StateView view = db.view(pin, ImageForm.NO_GENERATION);
        SstFiles files = new SstFiles(directory, fileBytes, db.options())) {
      copy(view, files);
      List<SnapshotFile> written = new ArrayList<>();
      for (Path file : files.finish()) {
        written.add(describe(file));
      }
      sync(directory);
      return written;
    } catch (StorageException e) {
      throw e; // an IOException too, but not of the image's files
    } catch (IOException e) {
      throw new ImageException("cannot write an image to " + directory, e);
    }
  }

  private void copy(StateView view, SstFiles to) throws StorageException, ImageException {
    long records = 0;
    ImageForm.writeFirst(to);
    for (KeySpan span : owned) {
      records += copy(view, span, to);
    }
    ImageForm.writeLast(to, records);
  }

  private long copy(StateView view, KeySpan span, SstFiles to)
      throws StorageException, ImageException {
    long records = 0;
    try (RocksIterator at = view.all(span)) {
      for (at.seekToFirst(); at.isValid(); at.next()) {
        if (db.isClosing()) {
          throw new ImageException("the state is closed");
        }
        byte[] key = at.key();
        Generations.set(key, ImageForm.NO_GENERATION);
        to.put(key, at.value());
        records++;
      }
      at.status();
    } catch (RocksDBException e) {
      throw new StorageException("cannot read the state", e);
    }
    return records;
  }

  static SnapshotFile describe(Path file) throws IOException {
    return new SnapshotFile(file.getFileName().toString(), Files.size(file), crc32c(file));
  }

  static int crc32c(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer bytes = ByteBuffer.allocate(READ_BYTES);
    try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ)) {
      while (from.read(bytes) >= 0) {
        crc.update(bytes.flip());
        bytes.clear();
      }
    }
    return (int) crc.getValue();
  }

  /** The files are synced, their names are not yet. */
  private static void sync(Path directory) throws IOException {
    try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
      names.force(true);
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      db.release(pin);
    }
  }
}
