package io.flotilla.raft.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStoreListener;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A log that is cut in time takes no more room, however long it runs. */
class LogSpaceTest {
  private static final int MIB = 1 << 20;
  private static final RocksLogConfig SMALL = new RocksLogConfig(MIB, 2, 4 * MIB, 2, MIB, 1 << 16);
  private static final Membership MEMBERS = Membership.of(List.of());
  private static final int GROUPS = 4;
  private static final int ROUNDS = 120;
  private static final int RECORDS = 20;
  private static final int RECORD_ENTRIES = 20;
  private static final int ENTRIES = RECORDS * RECORD_ENTRIES;
  private static final byte[] PAYLOAD = new byte[1000];

  @TempDir Path dir;
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private StrictDisk disk = new StrictDisk(new NoDisk());

  /** Before the store is open. */
  private static final class NoDisk implements LogDisk {
    @Override
    public void write(byte[] batch) {}

    @Override
    public void sync() {}

    @Override
    public byte[] get(byte[] key) {
      return new byte[0];
    }

    @Override
    public long sequence() {
      return 0;
    }
  }

  private RocksLogStore open() throws StorageException {
    return RocksLogStore.open(
        dir, SMALL, LogStoreListener.NONE, failures::add, real -> disk = new StrictDisk(real));
  }

  private static List<Entry> entries(long term, long first, int count) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(new Entry(first + i, term, Entry.Kind.COMMAND, PAYLOAD));
    }
    return entries;
  }

  private static LogWrite begin(long group, long replica, long at) {
    return LogWrite.begin(
        new GroupId(group),
        new LogWrite.Base(new ReplicaId(replica), new Position(at, at == 0 ? 0 : 1), MEMBERS, at));
  }

  private static LogWrite cut(long group, long at) {
    return new LogWrite(
        new GroupId(group),
        Optional.empty(),
        List.of(),
        Optional.of(new LogWrite.Truncation(new Position(at, 1), MEMBERS)));
  }

  private static LogWrite append(long group, List<Entry> entries) {
    return LogWrite.of(new GroupId(group), Optional.empty(), entries);
  }

  private static void settle(RocksLogStore store) throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    store.append(List.of(), done::countDown);
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
  }

  private long bytesOnDisk() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files
          .filter(file -> file.toString().endsWith(".sst") || file.toString().endsWith(".log"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  /**
   * What is kept beyond the last rounds' entries are a few memtables and their write-ahead logs, in
   * part twice while they are merged. About 190 MiB pass through.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void aLogThatIsCutTakesNoMoreRoom(int roundsKept) throws Exception {
    long most = 0;
    try (RocksLogStore store = open()) {
      for (int group = 0; group < GROUPS; group++) {
        store.append(List.of(begin(group, 1, 0)), () -> {});
      }
      for (int round = 0; round < ROUNDS; round++) {
        for (int record = 0; record < RECORDS; record++) {
          long first = (long) round * ENTRIES + record * RECORD_ENTRIES + 1;
          List<LogWrite> writes = new ArrayList<>();
          for (int group = 0; group < GROUPS; group++) {
            writes.add(append(group, entries(1, first, RECORD_ENTRIES)));
          }
          store.append(writes, () -> {});
        }
        if (round >= roundsKept) {
          for (int group = 0; group < GROUPS; group++) {
            store.append(List.of(cut(group, (long) (round + 1 - roundsKept) * ENTRIES)), () -> {});
          }
        }
        settle(store);
        most = Math.max(most, bytesOnDisk());
      }
      long retained = GROUPS * store.retainedBytes(new GroupId(0));
      assertThat(retained).isBetween((long) roundsKept * 3 * MIB / 2, (long) roundsKept * 2 * MIB);
      assertThat(most).isLessThan(4 * retained + 24 * MIB);
    }
    assertThat(disk.wrongs).isEmpty();
    assertThat(failures).isEmpty();
  }

  /** Whatever is done to logs, and in whatever order, also across openings. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void eachRecordIsPutOnceBeforeItIsRemoved(long seed) throws Exception {
    Random random = new Random(seed);
    Map<Long, long[]> logs = new HashMap<>(); // by group: replica, cut, last, term
    List<String> wrongs = new ArrayList<>();
    RocksLogStore store = open();
    for (int step = 0; step < 3000; step++) {
      long group = random.nextInt(3);
      long[] log = logs.get(group);
      int deed = random.nextInt(100);
      if (log == null || deed < 3) {
        long replica = log == null ? step + 1 : log[0] + (deed == 0 ? 1 : 0);
        replica = log != null && deed == 0 ? step + 1 : replica;
        long at = log == null || deed == 0 ? 0 : log[1] + 1 + random.nextInt(30);
        long term = log == null ? 1 : log[3];
        store.append(List.of(begin(group, replica, at)), () -> {});
        logs.put(group, new long[] {replica, at, at, term});
      } else if (deed < 5) {
        store.append(
            List.of(LogWrite.destroy(new GroupId(group), new ReplicaId(log[0]))), () -> {});
        logs.remove(group);
      } else if (deed < 25) {
        log[1] += random.nextInt((int) (log[2] - log[1]) + 1);
        store.append(List.of(cut(group, log[1])), () -> {});
      } else {
        long first = log[2] + 1;
        if (deed < 45) {
          first = log[1] + 1 + random.nextInt((int) (log[2] - log[1]) + 1);
          log[3]++;
        }
        int count = 1 + random.nextInt(9);
        log[2] = first + count - 1;
        store.append(List.of(append(group, entries(log[3], first, count))), () -> {});
      }
    }
    settle(store);
    wrongs.addAll(disk.wrongs);
    store.close();
    assertThat(wrongs).isEmpty();
    assertThat(failures).isEmpty();
    try (RocksLogStore again = open()) {
      assertThat(again.damaged()).isEmpty();
      assertThat(again.recovered()).hasSize(logs.size());
      for (Map.Entry<Long, long[]> one : logs.entrySet()) {
        var found = again.recovered().get(new GroupId(one.getKey()));
        long[] log = one.getValue();
        assertThat(found.self()).isEqualTo(new ReplicaId(log[0]));
        assertThat(found.truncated().index()).isEqualTo(log[1]);
        assertThat(found.lastIndex()).isEqualTo(log[2]);
        assertThat(found.hardState()).isEqualTo(HardState.INITIAL);
      }
    }
  }
}
