package io.flotilla.raft.state;

import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
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
  private final Queue<KeySpan> retired = new ConcurrentLinkedQueue<>();
  private final Queue<Deleted> deleted = new ArrayDeque<>();
  private final ReentrantLock sweeping = new ReentrantLock();

  /**
   * Keys that are gone for all new views.
   *
   * @param after the first moment at which they were
   */
  private record Deleted(KeySpan keys, long after) {}

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

  /** One that is here, to be used by one owner of it. Cheap. */
  public Generation use(long number) {
    return new Generation(db, number, retired::addAll);
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
    Set<Long> here = new TreeSet<>(all());
    for (long number : named) {
      if (!here.contains(number) && number != INITIAL) {
        throw new StorageException("the log names " + number + ", a generation that is not here");
      }
    }
    deleteAllBut(named.stream().map(KeySpan::of).toList());
  }

  /** Deletes all keys that are in none of these spans. Once, before any generation is used. */
  public void deleteAllBut(Collection<KeySpan> kept) throws StorageException {
    List<KeySpan> orphans = new ArrayList<>();
    byte[] from = beginOf(INITIAL);
    for (KeySpan span : kept.stream().sorted(KeySpan.BY_FROM).toList()) {
      orphans.add(new KeySpan(from, span.from()));
      from = KeySpan.compare(from, span.to()) < 0 ? span.to() : from;
    }
    orphans.add(new KeySpan(from, beginOf(next.get())));
    boolean any = false;
    for (KeySpan orphan : orphans) {
      // In memory each tombstone costs every read.
      if (hasKeys(orphan)) {
        db.deleteRange(orphan.from(), orphan.to());
        db.deleteFiles(orphan.from(), orphan.to());
        any = true;
      }
    }
    if (any) {
      // Not for safety, for a lost tombstone is written again at the next start.
      db.flush();
    }
  }

  private boolean hasKeys(KeySpan span) throws StorageException {
    if (KeySpan.compare(span.from(), span.to()) >= 0) {
      return false;
    }
    try (StateView view = db.view();
        RocksIterator at = view.iterate(span.from(), span.to())) {
      at.seekToFirst();
      boolean has = at.isValid();
      at.status();
      return has;
    } catch (RocksDBException e) {
      throw new StorageException("cannot look for what was left over", e);
    }
  }

  /**
   * Deletes what was retired. Who views it already goes on to see it: files that hold nothing else
   * go when the last of them is closed. What a crash leaves, no log names.
   */
  public void sweep() throws StorageException {
    sweeping.lock(); // who is deleted first comes first in the queue, whoever sweeps
    try {
      for (KeySpan keys = retired.poll(); keys != null; keys = retired.poll()) {
        db.deleteRange(keys.from(), keys.to());
        deleted.add(new Deleted(keys, db.now()));
      }
      long oldest = db.oldestView();
      for (Deleted next = deleted.peek(); next != null; next = deleted.peek()) {
        if (oldest < next.after()) {
          return;
        }
        db.deleteFiles(next.keys().from(), next.keys().to());
        deleted.remove();
      }
    } finally {
      sweeping.unlock();
    }
  }

  /** What is in these spans weighs, in bytes, within some per cent. */
  public long approximateBytes(Collection<KeySpan> spans) throws StorageException {
    long bytes = 0;
    for (KeySpan span : spans) {
      bytes += db.approximateBytes(span.from(), span.to());
    }
    return bytes;
  }

  /** As the other one, of all of a generation. */
  public StateImage image(Generation generation, AppliedReader reader) throws StorageException {
    return image(generation, List.of(KeySpan.of(generation.number())), reader);
  }

  /**
   * An owner's keys as of now, for as long as it takes to write them out; cheap. Its applied index
   * is read from the same moment. Does not keep the database from being closed.
   *
   * @param owned in the order in which their keys come if generations are left out of account
   */
  public StateImage image(Generation generation, List<KeySpan> owned, AppliedReader reader)
      throws StorageException {
    Snapshot pin = db.pin();
    boolean made = false;
    try (StateView view = db.view(pin, generation.number())) {
      if (generation.isRetired()) {
        throw new IllegalStateException(generation + " was retired");
      }
      long applied = reader.appliedIn(view);
      StateImage image =
          new GenerationImage(db, pin, owned, applied, approximateBytes(owned), imageFileBytes);
      made = true;
      return image;
    } finally {
      if (!made) {
        db.release(pin);
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
