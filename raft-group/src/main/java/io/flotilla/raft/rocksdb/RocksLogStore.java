package io.flotilla.raft.rocksdb;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.LogStoreListener;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.MissingEntriesException;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.port.UnreadableLogException;
import io.flotilla.raft.rocksdb.SyncedMark.Note;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The log store on RocksDB; see the package. A hand-over passes two threads: {@link LogWriter}
 * merges all that waits into one write, {@link LogSyncer} syncs and reports.
 */
public final class RocksLogStore implements LogStore {
  private static final int FORMAT_VERSION = 2;
  private static final String MARK_FILE = "SYNCED";

  private final LogDb db;
  private final SyncedMark mark;
  private final Consumer<Throwable> fatal;
  private final Map<GroupId, RecoveredLog> recovered;
  private final Map<GroupId, DamagedLog> damaged;
  private final Map<GroupId, ReplicaId> tombstones;
  private final Optional<ReplicaId> forgottenUpTo;
  private final LogIndex index;
  private final Conveyor<Handover> incoming = new Conveyor<>();
  private final Conveyor<Handover> written = new Conveyor<>();
  private final AtomicLong backlogBytes = new AtomicLong();
  private final AtomicLong handedOver = new AtomicLong();
  private final AtomicLong synced = new AtomicLong();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Thread writer;
  private final Thread syncer;

  private RocksLogStore(
      LogDb db,
      LogDisk disk,
      SyncedMark mark,
      Note noted,
      RocksLogConfig config,
      LogStoreListener listener,
      Consumer<Throwable> fatal)
      throws StorageException {
    this.db = db;
    this.mark = mark;
    this.fatal = fatal;
    this.forgottenUpTo = LostTail.check(db, mark, noted);
    LogRecovery recovery = LogRecovery.scan(db, forgottenUpTo, noted.greatestReplica());
    Note found = new Note(db.sequence(), recovery.greatestReplica());
    mark.write(found);
    this.recovered = recovery.logs();
    this.damaged = recovery.index().damaged();
    this.tombstones = recovery.index().tombstones();
    this.index = recovery.index();
    LogWriter writing = new LogWriter(disk, config, index);
    LogSyncer syncing = new LogSyncer(disk, mark, found, listener, backlogBytes, System::nanoTime);
    writer = new Thread(() -> guarded(() -> writing.run(incoming, written)), "log-writer");
    syncer = new Thread(() -> guarded(() -> syncing.run(written)), "log-syncer");
  }

  /**
   * Opens or creates the store, reads all that is in it, and starts its two threads.
   *
   * @param fatal called once, by the store's own thread, when a write or sync failed; nothing is
   *     acknowledged any more, and the process has to end
   *     <p>Damage to single logs is told by {@link #damaged}.
   * @throws StorageException if it cannot be opened or read, or is of a newer form
   */
  public static RocksLogStore open(
      Path dir, RocksLogConfig config, LogStoreListener listener, Consumer<Throwable> fatal)
      throws StorageException {
    return open(dir, config, listener, fatal, disk -> disk);
  }

  public static RocksLogStore open(Path dir, RocksLogConfig config, Consumer<Throwable> fatal)
      throws StorageException {
    return open(dir, config, LogStoreListener.NONE, fatal);
  }

  /**
   * Whether this directory holds what a log needs to know whether it lost anything, which it does
   * from its first opening on. Where one was and this says no, it is gone with all that its
   * replicas promised; opening would begin a new one. Changes nothing.
   *
   * @throws StorageException if it cannot be read
   */
  public static boolean isIn(Path dir) throws StorageException {
    Path file = dir.resolve(MARK_FILE);
    if (!Files.exists(file)) {
      return false;
    }
    try (SyncedMark mark = SyncedMark.open(file)) {
      return mark.read().isPresent();
    }
  }

  /** With something between the threads and the disk. */
  static RocksLogStore open(
      Path dir,
      RocksLogConfig config,
      LogStoreListener listener,
      Consumer<Throwable> fatal,
      UnaryOperator<LogDisk> between)
      throws StorageException {
    try {
      Files.createDirectories(dir);
    } catch (IOException e) {
      throw new StorageException("cannot create " + dir, e);
    }
    LogDb db = LogDb.open(dir, config);
    SyncedMark mark = null;
    try {
      mark = SyncedMark.open(dir.resolve(MARK_FILE));
      Note noted = noted(dir, db, mark);
      checkFormat(dir, db);
      RocksLogStore store =
          new RocksLogStore(db, between.apply(db), mark, noted, config, listener, fatal);
      store.writer.start();
      store.syncer.start();
      return store;
    } catch (StorageException | RuntimeException e) {
      if (mark != null) {
        mark.close();
      }
      db.close();
      throw e;
    }
  }

  private static Note noted(Path dir, LogDb db, SyncedMark mark) throws StorageException {
    Optional<Note> noted = mark.read();
    if (noted.isEmpty() && db.sequence() > 0) {
      throw new StorageException(
          "the mark in " + dir + " is not legible; without it nobody knows what the log has lost");
    }
    Note first = noted.orElse(new Note(0, 0));
    if (noted.isEmpty()) {
      mark.write(first);
      keepName(dir);
    }
    return first;
  }

  /** A mark whose name is lost with the power would look like a log that is. */
  private static void keepName(Path dir) throws StorageException {
    try (FileChannel names = FileChannel.open(dir, StandardOpenOption.READ)) {
      names.force(true);
    } catch (IOException e) {
      throw new StorageException("cannot sync " + dir, e);
    }
  }

  private static void checkFormat(Path dir, LogDb db) throws StorageException {
    byte[] expected = ByteBuffer.allocate(Integer.BYTES).putInt(FORMAT_VERSION).array();
    byte[] found = db.get(LogKeys.format());
    if (found == null && db.sequence() == 0) {
      db.put(LogKeys.format(), expected);
      db.sync();
    } else if (!Arrays.equals(found, expected)) {
      String is = found == null ? "none" : String.valueOf(new BigInteger(found));
      throw new StorageException(
          "the log in " + dir + " has format " + is + "; this version reads " + FORMAT_VERSION);
    }
  }

  @Override
  public void append(List<LogWrite> writes, Runnable durable) {
    Handover handover =
        Handover.of(
            List.copyOf(writes),
            () -> {
              synced.incrementAndGet();
              durable.run();
            });
    handedOver.incrementAndGet();
    backlogBytes.addAndGet(handover.bytes());
    if (!incoming.put(handover) && failure.get() == null) {
      throw new IllegalStateException("the log store is closed");
    }
  }

  @Override
  public long backlogBytes() {
    return backlogBytes.get();
  }

  @Override
  public long firstUnsynced() {
    long before = synced.get();
    return handedOver.get() > before ? before + 1 : 0;
  }

  @Override
  public long retainedBytes(GroupId group) {
    return index.retainedBytes(group);
  }

  @Override
  public List<Entry> read(GroupId group, long first, long last, long maxBytes)
      throws StorageException, UnreadableLogException {
    EntryCollector collector = new EntryCollector(first, last, maxBytes);
    db.scanFromFloor(
        LogKeys.record(group, first),
        LogKeys.record(group, 0),
        LogKeys.record(group, Long.MAX_VALUE),
        collector);
    if (collector.taken.isEmpty()) {
      throw new MissingEntriesException("the log of group " + group + " has no entry " + first);
    }
    return collector.taken;
  }

  /** Takes entries in order until it has what was asked for. */
  private static final class EntryCollector implements LogDb.Visitor<UnreadableLogException> {
    private final long last;
    private final long maxBytes;
    private final List<Entry> taken = new ArrayList<>();
    private long next;
    private long bytes;

    EntryCollector(long first, long last, long maxBytes) {
      this.next = first;
      this.last = last;
      this.maxBytes = maxBytes;
    }

    @Override
    public boolean visit(byte[] key, byte[] value) throws UnreadableLogException {
      for (Entry entry : LogRecovery.decode(key, value)) {
        if (entry.index() < next) {
          continue;
        }
        if (next > last || (!taken.isEmpty() && bytes + entry.weight() > maxBytes)) {
          return false;
        }
        if (entry.index() > next) {
          throw new MissingEntriesException(
              "the log of group " + LogKeys.groupOf(key) + " has no entry " + next);
        }
        taken.add(entry);
        bytes += entry.weight();
        next++;
      }
      return next <= last;
    }
  }

  @Override
  public Map<GroupId, RecoveredLog> recovered() {
    return recovered;
  }

  @Override
  public Map<GroupId, DamagedLog> damaged() {
    return damaged;
  }

  @Override
  public Optional<ReplicaId> forgottenUpTo() {
    return forgottenUpTo;
  }

  @Override
  public Map<GroupId, ReplicaId> tombstones() {
    return tombstones;
  }

  @Override
  public void close() throws StorageException {
    incoming.close();
    joinUninterruptibly(writer);
    written.close();
    joinUninterruptibly(syncer);
    try {
      mark.close();
    } finally {
      db.close();
    }
    Throwable cause = failure.get();
    if (cause != null) {
      throw new StorageException("the log failed earlier; its end is not known to be kept", cause);
    }
  }

  /** A step of the two threads. */
  private interface Work {
    void run() throws StorageException;
  }

  private void guarded(Work work) {
    try {
      work.run();
    } catch (StorageException | RuntimeException | Error e) {
      if (failure.compareAndSet(null, e)) {
        incoming.abort();
        written.abort();
        fatal.accept(e);
      }
    }
  }

  private static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
