package io.flotilla.raft.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.LogStoreContract;
import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
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

class RocksLogStoreTest extends LogStoreContract {
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
    return RocksLogStore.open(dir, SMALL, RocksLogStoreTest::unexpected);
  }

  private static void unexpected(Throwable failure) {
    throw new AssertionError(failure);
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

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, to.resolve(file.getFileName()));
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
            RocksLogStoreTest::unexpected)) {
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
  void aTruncatingLogSurvivesManyMemtables() throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP));
    long last = 0;
    for (int i = 0; i < 60; i++) {
      keep(store, append(GROUP, entries(1, last + 1, 2000)));
      last += 2000;
      if (i > 1) {
        keep(store, cut(GROUP, last - 3000, 1));
      }
    }
    try (LogStore again = reopen(store)) {
      assertThat(again.recovered().get(GROUP).truncated()).isEqualTo(new Position(last - 3000, 1));
      assertThat(again.read(GROUP, last - 2999, last, Long.MAX_VALUE)).hasSize(3000);
    }
  }

  @Test
  void aDamagedWriteAheadLogIsNoticed() throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP));
    for (int i = 0; i < 20; i++) {
      keep(store, append(GROUP, entries(1, 1 + 20L * i, 20)));
    }
    store.close();
    Path wal = largest(".log");
    flip(wal, Files.size(wal) / 2);
    assertThatThrownBy(this::openHere)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("has lost its end");
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
    behindItsBack(
        db -> {
          byte[] value = db.get(LogKeys.record(GROUP, 6));
          value[30] ^= 1;
          db.put(LogKeys.record(GROUP, 6), value);
        });
    assertThatThrownBy(this::openHere)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("group 7 from index 6 is damaged");
  }

  @Test
  void aRecordUnderAnotherKeyIsNoticed() throws Exception {
    LogStore store = open();
    keep(store, creation(GROUP), append(GROUP, entries(1, 1, 5)), append(GROUP, entries(1, 6, 5)));
    store.close();
    behindItsBack(db -> db.put(LogKeys.record(GROUP, 11), db.get(LogKeys.record(GROUP, 6))));
    assertThatThrownBy(this::openHere)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("group 7 from index 11 is damaged");
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
    assertThatThrownBy(this::openHere)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("group 7 has a gap: index 6 is missing");
  }

  @Test
  void anotherFormatIsRefused() throws Exception {
    open().close();
    byte[] newer = ByteBuffer.allocate(4).putInt(2).array();
    behindItsBack(db -> db.put(LogKeys.format(), newer));
    assertThatThrownBy(this::openHere)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("format 2")
        .hasMessageContaining("reads 1");
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
