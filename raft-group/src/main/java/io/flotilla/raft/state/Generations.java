package io.flotilla.raft.state;

import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Snapshot;

/**
 * The generations of a state database: every key begins with the number of one, 8 bytes,
 * big-endian. Any thread; whatever is not said to be cheap blocks on the disk.
 *
 * <p>A fresh number is above all that have a key at opening, and above those given out since. One
 * that a log names has a key on disk, so it is never given out again; of one that was given out and
 * has no key after a crash, nothing is left.
 */
public final class Generations {
  /** Takes the records of an image while it is loaded. */
  public interface Records {
    /**
     * @param key under its new generation; not to be changed
     * @throws ImageException if there is no such record in a state of this owner's
     */
    void next(byte[] key, byte[] value) throws ImageException;

    /**
     * After the last record, before anything is kept.
     *
     * @throws ImageException if they do not make a state of this owner's
     */
    void end() throws ImageException;
  }

  /** Reads the applied index out of a state. */
  public interface AppliedReader {
    long appliedIn(StateView view) throws StorageException;
  }

  /** The generation of a store's only group before it takes in its first image. */
  public static final long INITIAL = 0;

  private final StateDb db;
  private final long imageFileBytes;
  private final AtomicLong next;
  private final Queue<Long> retired = new ConcurrentLinkedQueue<>();

  private Generations(StateDb db, long imageFileBytes, long next) {
    this.db = db;
    this.imageFileBytes = imageFileBytes;
    this.next = new AtomicLong(next);
  }

  /**
   * One for a database.
   *
   * @throws StorageException if the database cannot be read
   */
  public static Generations of(StateDb db) throws StorageException {
    return of(db, ImageForm.FILE_BYTES);
  }

  static Generations of(StateDb db, long imageFileBytes) throws StorageException {
    TreeSet<Long> here = new TreeSet<>(listed(db));
    return new Generations(db, imageFileBytes, here.isEmpty() ? INITIAL + 1 : here.last() + 1);
  }

  public static long of(byte[] key) {
    return ByteBuffer.wrap(key).getLong();
  }

  /** Where the keys of a generation begin, and those of the one before end. */
  public static byte[] beginOf(long generation) {
    return ByteBuffer.allocate(Long.BYTES).putLong(generation).array();
  }

  static void set(byte[] key, long generation) {
    ByteBuffer.wrap(key).putLong(generation);
  }

  /** One of which there is nothing here. Cheap. */
  public Generation allot() {
    return use(next.getAndIncrement());
  }

  /** One that is here, to be used by one owner. Cheap. */
  public Generation use(long number) {
    return new Generation(db, number, new Gate(() -> retired.add(number)));
  }

  /** All that have a key. */
  public List<Long> all() throws StorageException {
    return listed(db);
  }

  private static List<Long> listed(StateDb db) throws StorageException {
    List<Long> all = new ArrayList<>();
    try (StateView view = db.view();
        RocksIterator at = view.iterate(beginOf(INITIAL), null)) {
      at.seekToFirst();
      while (at.isValid()) {
        long generation = of(at.key());
        all.add(generation);
        at.seek(beginOf(generation + 1));
      }
      at.status();
    } catch (RocksDBException e) {
      throw new StorageException("cannot list the generations", e);
    }
    return all;
  }

  /**
   * Deletes what was left of generations that no log names. Once, before any is used.
   *
   * @throws StorageException if one is named that is not here: the log belongs to another state
   */
  public void deleteAllBut(Set<Long> named) throws StorageException {
    Set<Long> orphans = new TreeSet<>(all());
    for (long number : named) {
      if (!orphans.remove(number) && number != INITIAL) {
        throw new StorageException("the log names " + number + ", a generation that is not here");
      }
    }
    for (long orphan : orphans) {
      db.deleteRange(beginOf(orphan), beginOf(orphan + 1));
    }
    if (!orphans.isEmpty()) {
      // Not for safety, for a lost tombstone is written again at the next start: in memory each of
      // them costs every read.
      db.flush();
    }
  }

  /**
   * Deletes retired generations that nobody views any more. What a crash leaves of them, no log
   * names.
   */
  public void sweep() throws StorageException {
    for (Long number = retired.poll(); number != null; number = retired.poll()) {
      db.deleteRange(beginOf(number), beginOf(number + 1));
    }
  }

  /** What a generation weighs, in bytes, within some per cent. */
  public long approximateBytes(long generation) throws StorageException {
    return db.approximateBytes(beginOf(generation), beginOf(generation + 1));
  }

  /**
   * A generation as of now, for as long as it takes to write it out; cheap. Its applied index is
   * read from the same moment. Does not keep the database from being closed.
   */
  public StateImage image(Generation generation, AppliedReader reader) throws StorageException {
    if (!generation.enter()) {
      throw new IllegalStateException(generation + " was retired");
    }
    GenerationImage image = null;
    try {
      Snapshot pin = db.pin();
      try (StateView view = db.view(pin, generation.number())) {
        long bytes = approximateBytes(generation.number());
        image =
            new GenerationImage(db, generation, pin, reader.appliedIn(view), bytes, imageFileBytes);
        return image;
      } finally {
        if (image == null) {
          db.release(pin);
        }
      }
    } finally {
      if (image == null) {
        generation.leave();
      }
    }
  }

  /**
   * Loads an image under {@code fresh}, which was allotted for it. When this returns all of it is
   * durable; whenever it crashes, all or nothing of it.
   *
   * @param directory where the files are, and where as much is written meanwhile
   * @throws ImageException if the image is damaged, or {@code owner} does not take it, or it cannot
   *     be copied; then nothing is left of it
   */
  public void load(Generation fresh, Path directory, List<SnapshotFile> files, Records owner)
      throws StorageException, ImageException {
    sweep();
    db.enter();
    try (Copies copies = Copies.in(directory.resolve("loading-" + fresh.number()));
        SstFiles to = new SstFiles(copies.directory(), imageFileBytes, db.options())) {
      new ImageLoader(db, fresh.number(), owner, to).read(directory, files);
      db.ingest(to.finish());
    } catch (StorageException e) {
      throw e; // an IOException too, and not the image's fault
    } catch (IOException e) {
      throw new ImageException("cannot copy an image in " + directory, e);
    } finally {
      db.leave();
    }
  }

  /** Where an image is written anew; gone with whatever is in it when that is over. */
  private record Copies(Path directory) implements AutoCloseable {
    static Copies in(Path directory) throws IOException {
      Copies copies = new Copies(directory);
      copies.close(); // of a load that a crash has ended
      Files.createDirectory(directory);
      return copies;
    }

    @Override
    public void close() throws IOException {
      if (!Files.exists(directory)) {
        return;
      }
      try (Stream<Path> files = Files.list(directory)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(directory);
    }
  }
}
