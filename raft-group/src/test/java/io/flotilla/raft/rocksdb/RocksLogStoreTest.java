package io.flotilla.raft.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.LogStoreCutsContract;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;

class RocksLogStoreTest extends LogStoreCutsContract {
  private static final RocksLogConfig SMALL =
      new RocksLogConfig(1 << 20, 2, 4 << 20, 2, 1 << 20, 1 << 16);

  @TempDir Path temporary;
  private final List<LogStore> abandoned = new ArrayList<>();
  private int copies;
  private Path dir;

  @Override
  protected LogStore open() throws StorageException {
    dir = temporary.resolve("log");
    return openHere();
  }

  private LogStore openHere() throws StorageException {
    return RocksLogStore.open(dir, SMALL, failures::add);
  }

  @Override
  protected LogStore reopen(LogStore store) throws StorageException {
    store.close();
    return openHere();
  }

  @Override
  protected LogStore crash(LogStore store) throws Exception {
    abandoned.add(store);
    Path copy = temporary.resolve("crashed-" + copies++);
    copy(dir, copy);
    dir = copy;
    return openHere();
  }

  /** Tears the write-ahead log within the last write; the rest is missing or was never written. */
  @Override
  protected void eachCrash(LogStore store, List<LogWrite> writes, Look look) throws Exception {
    byte[] mark = Files.readAllBytes(dir.resolve("SYNCED"));
    Path wal = newestWal().getFileName();
    long before = Files.size(dir.resolve(wal));
    AtomicInteger durable = new AtomicInteger();
    store.append(writes, durable::incrementAndGet);
    settle(store, durable, 1);
    abandoned.add(store);
    Path frozen = dir;
    long after = Files.size(frozen.resolve(wal));
    assertThat(after).isGreaterThan(before);
    long step = Math.max(1, (after - before) / 16);
    for (long length = before;
        length <= after;
        length += Math.min(step, Math.max(1, after - length))) {
      for (boolean zeros : new boolean[] {false, true}) {
        dir = temporary.resolve("torn-" + length + zeros);
        copy(frozen, dir);
        Files.write(dir.resolve("SYNCED"), mark);
        setLength(dir.resolve(wal), length);
        if (zeros) {
          setLength(dir.resolve(wal), after); // what was never written reads as zeros
        }
        try (LogStore crashed = openHere()) {
          look.at(crashed);
        }
      }
    }
  }

  @Override
  protected LogStore reopenWithoutEnd(LogStore store) throws Exception {
    store.close();
    setLength(newestWal(), Files.size(newestWal()) - 5);
    return openHere();
  }

  @Override
  protected LogStore reopenBroken(LogStore store, GroupId group) throws Exception {
    store.close();
    behindItsBack(db -> flip(db, LogKeys.record(group, 1)));
    return openHere();
  }

  /** As a crash leaves it. The store goes on meanwhile: it renames its mark, and deletes files. */
  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        try {
          Files.copy(file, to.resolve(file.getFileName()));
        } catch (NoSuchFileException gone) {
          assertThat(file).as("not copied in time").doesNotExist();
        }
      }
    }
  }

  @AfterEach
  void closeTheAbandoned() throws StorageException {
    for (LogStore store : abandoned) {
      store.close();
    }
  }

  @Test
  void concurrentLoopsShareSyncs() throws Exception {
    AtomicLong syncs = new AtomicLong();
    AtomicLong acknowledged = new AtomicLong();
    CountDownLatch done = new CountDownLatch(4 * 500);
    try (LogStore store =
        RocksLogStore.open(
            temporary.resolve("log"),
            SMALL,
            (appends, bytes, nanos) -> {
              syncs.incrementAndGet();
              acknowledged.addAndGet(appends);
            },
            failures::add)) {
      List<Thread> loops = new ArrayList<>();
      for (int l = 0; l < 4; l++) {
        var group = new GroupId(l);
        loops.add(
            new Thread(
                () -> {
                  store.append(List.of(creation(group)), () -> {});
                  for (int i = 1; i <= 500; i++) {
                    store.append(List.of(append(group, entries(1, i, 1))), done::countDown);
                  }
                }));
      }
      loops.forEach(Thread::start);
      for (Thread loop : loops) {
        loop.join();
      }
      assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(acknowledged.get()).isEqualTo(4 * 501);
    assertThat(syncs.get()).isLessThan(1000);
  }

  @Test
  void aDamagedWriteAheadLogIsNoticed() throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP));
    for (int i = 0; i < 20; i++) {
      keep(store, append(GROUP, entries(1, 1 + 20L * i, 20)));
    }
    store.close();
    flip(newestWal(), Files.size(newestWal()) / 2);
    try (LogStore again = openHere()) {
      assertThat(again.recovered()).isEmpty();
      assertThat(again.forgottenUpTo()).contains(SELF);
      assertThat(again.damaged().get(GROUP).why()).contains("lost");
    }
  }

  @Test
  void aDamagedTableIsNoticed() throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP), append(GROUP, entries(1, 1, 5000)));
    reopen(store).close(); // opening flushes what it replayed
    Path table = largest(".sst");
    flip(table, Files.size(table) / 3);
    assertThatThrownBy(this::openHere).isInstanceOf(StorageException.class);
  }

  @Test
  void aDamagedRecordIsNamed() throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP), append(GROUP, entries(1, 1, 5)), append(GROUP, entries(1, 6, 5)));
    store.close();
    behindItsBack(db -> flip(db, LogKeys.record(GROUP, 6)));
    assertDamaged("group 7 from index 6 is damaged");
  }

  @Test
  void aRecordUnderAnotherKeyIsNoticed() throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP), append(GROUP, entries(1, 1, 5)), append(GROUP, entries(1, 6, 5)));
    store.close();
    behindItsBack(db -> db.put(LogKeys.record(GROUP, 11), db.get(LogKeys.record(GROUP, 6))));
    assertDamaged("group 7 from index 11 is damaged");
  }

  @Test
  void aMissingRecordIsNamed() throws Exception {
    LogStore store = open();
    for (int i = 0; i < 3; i++) {
      keep(store, i == 0 ? creation(GROUP) : append(GROUP, entries(1, 5 * i - 4, 5)));
    }
    keep(store, append(GROUP, entries(1, 11, 5)));
    store.close();
    behindItsBack(db -> db.singleDelete(LogKeys.record(GROUP, 6)));
    assertDamaged("group 7 has a gap: index 6 is missing");
  }

  @Test
  void aDamagedHeadStopsItsGroupAndAllThatItCanBe() throws Exception {
    GroupId other = new GroupId(8);
    LogWrite.Base greater = new LogWrite.Base(new ReplicaId(70), Position.ZERO, MEMBERSHIP, 1);
    LogStore store = open();
    keep(store, creation(GROUP), append(GROUP, entries(1, 1, 5)), LogWrite.begin(other, greater));
    store.close();
    behindItsBack(
        db -> {
          byte[] value = db.get(LogKeys.head(GROUP));
          value[Sealed.SEAL_BYTES + 7] ^= 1;
          db.put(LogKeys.head(GROUP), value);
        });
    try (LogStore again = openHere()) {
      assertThat(again.damaged()).containsOnlyKeys(GROUP);
      assertThat(again.damaged().get(GROUP).upTo()).isEqualTo(new ReplicaId(70));
      assertThat(again.recovered()).containsOnlyKeys(other);
      LogWrite.Base next = new LogWrite.Base(new ReplicaId(71), Position.ZERO, MEMBERSHIP, 1);
      keep(again, LogWrite.begin(GROUP, next), append(GROUP, entries(1, 1, 2)));
      try (LogStore third = reopen(again)) {
        assertHolds(third, GROUP, entries(1, 1, 2));
      }
    }
  }

  @Test
  void aRecordOfNoKnownGroupIsDamage() throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP), append(GROUP, entries(1, 1, 5)));
    store.close();
    behindItsBack(db -> db.delete(LogKeys.head(GROUP)));
    assertDamaged("belongs to no known head");
  }

  @Test
  void aDamagedTombstoneBuriesAllThatCanHaveBeenThere() throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP), LogWrite.destroy(GROUP, SELF));
    store.close();
    behindItsBack(
        db -> {
          byte[] value = db.get(LogKeys.tombstone(GROUP));
          value[Sealed.SEAL_BYTES + 7] ^= 1;
          db.put(LogKeys.tombstone(GROUP), value);
        });
    assertDamaged("with the tombstone of group 7 is damaged");
  }

  @Test
  void withoutItsMarkTheStoreIsRefused() throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP));
    store.close();
    Files.delete(dir.resolve("SYNCED"));
    assertThatThrownBy(this::openHere)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("mark");
  }

  @Test
  void oneLegibleSlotOfTheMarkIsEnough() throws Exception {
    for (int slot = 0; slot < 2; slot++) {
      LogStore store = slot == 0 ? open() : openHere();
      keep(store, creation(new GroupId(slot)));
      store.close();
      flip(dir.resolve("SYNCED"), slot * 4096L);
      openHere().close();
    }
  }

  /** Of a group that began just before, nothing is found; that a replica had begun, is known. */
  @Test
  void aBeginningIsMarkedBeforeItIsAcknowledged() throws Exception {
    LogStore store = open();
    long before = Files.size(newestWal());
    keep(store, creation(GROUP));
    abandoned.add(store);
    Path copy = temporary.resolve("copy");
    copy(dir, copy);
    dir = copy;
    setLength(newestWal(), before);
    LogStore again = openHere();
    assertThat(again.damaged()).isEmpty();
    assertThat(again.forgottenUpTo()).contains(SELF);
    assertRefused(again, creation(GROUP));
  }

  private void assertDamaged(String why) throws StorageException {
    try (LogStore again = openHere()) {
      assertThat(again.recovered()).isEmpty();
      assertThat(again.damaged().get(GROUP).upTo()).isEqualTo(SELF);
      assertThat(again.damaged().get(GROUP).why()).contains(why);
    }
  }

  @Test
  void anotherFormatIsRefused() throws Exception {
    open().close();
    byte[] newer = ByteBuffer.allocate(4).putInt(9).array();
    behindItsBack(db -> db.put(LogKeys.format(), newer));
    assertThatThrownBy(this::openHere)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("format 9")
        .hasMessageContaining("reads 2");
  }

  @Test
  void anAppendWithAGapIsFatalAndNothingIsAcknowledgedAfterIt() throws Exception {
    CountDownLatch fatal = new CountDownLatch(1);
    AtomicInteger failures = new AtomicInteger();
    AtomicInteger durable = new AtomicInteger();
    dir = temporary.resolve("log");
    LogStore store =
        RocksLogStore.open(
            dir,
            SMALL,
            failure -> {
              failures.incrementAndGet();
              fatal.countDown();
            });
    keep(store, creation(GROUP), append(GROUP, entries(1, 1, 5)));
    store.append(List.of(append(GROUP, entries(1, 7, 1))), durable::incrementAndGet);
    assertThat(fatal.await(10, TimeUnit.SECONDS)).isTrue();
    store.append(List.of(append(GROUP, entries(1, 6, 1))), durable::incrementAndGet);
    assertThatThrownBy(store::close).isInstanceOf(StorageException.class);
    assertThat(durable).hasValue(0);
    assertThat(failures).hasValue(1);
    try (LogStore again = openHere()) {
      assertThat(again.recovered().get(GROUP).lastIndex()).isEqualTo(5);
    }
  }

  @Test
  void aSecondOpeningOfADirectoryIsRefused() throws Exception {
    try (LogStore store = open()) {
      assertThatThrownBy(this::openHere).isInstanceOf(StorageException.class);
      keep(store, creation(GROUP));
    }
  }

  private interface Deed {
    void to(RocksDB db) throws Exception;
  }

  private void behindItsBack(Deed deed) throws Exception {
    try (Options options = new Options();
        RocksDB db = RocksDB.open(options, dir.toString())) {
      deed.to(db);
    }
  }

  /** As the database itself would replace a record. */
  private static void flip(RocksDB db, byte[] key) throws Exception {
    byte[] value = db.get(key);
    value[30] ^= 1;
    db.singleDelete(key);
    db.put(key, value);
  }

  private Path newestWal() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files
          .filter(file -> file.toString().endsWith(".log"))
          .max(Comparator.naturalOrder())
          .orElseThrow();
    }
  }

  private static void setLength(Path path, long length) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(length);
    }
  }

  private Path largest(String suffix) throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files
          .filter(file -> file.toString().endsWith(suffix))
          .max(Comparator.comparingLong(file -> file.toFile().length()))
          .orElseThrow();
    }
  }

  private static void flip(Path path, long at) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(at);
      int was = file.read();
      file.seek(at);
      file.write(was ^ 0x40);
    }
  }
}
