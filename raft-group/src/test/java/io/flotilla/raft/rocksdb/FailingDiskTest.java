package io.flotilla.raft.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStoreListener;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the store promises while its disk is slow or fails. */
class FailingDiskTest {
  private static final GroupId GROUP = new GroupId(3);
  private static final ReplicaId SELF = new ReplicaId(5);

  /** Lets each sync pass when the test says so, and fails on demand. */
  private static final class TestDisk implements LogDisk {
    private final LogDisk disk;
    private final Semaphore mayPass = new Semaphore(0);
    private final AtomicInteger written = new AtomicInteger();
    private final AtomicInteger syncsBegun = new AtomicInteger();
    private volatile boolean failsWrites;
    private volatile boolean failsSyncs;

    TestDisk(LogDisk disk) {
      this.disk = disk;
    }

    @Override
    public void write(byte[] batch) throws StorageException {
      if (failsWrites) {
        throw new StorageException("write failed on purpose");
      }
      disk.write(batch);
      written.incrementAndGet();
    }

    @Override
    public void sync() throws StorageException {
      syncsBegun.incrementAndGet();
      mayPass.acquireUninterruptibly();
      if (failsSyncs) {
        throw new StorageException("sync failed on purpose");
      }
      disk.sync();
    }

    @Override
    public byte[] get(byte[] key) throws StorageException {
      return disk.get(key);
    }

    @Override
    public long sequence() throws StorageException {
      return disk.sequence();
    }
  }

  @TempDir Path dir;
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final AtomicInteger durable = new AtomicInteger();
  private TestDisk disk;

  private RocksLogStore open() throws StorageException {
    return RocksLogStore.open(
        dir,
        RocksLogConfig.DEFAULT,
        LogStoreListener.NONE,
        failures::add,
        real -> disk = new TestDisk(real));
  }

  private void append(RocksLogStore store, long index) {
    Entry entry = new Entry(index, 1, Entry.Kind.COMMAND, new byte[10]);
    Optional<LogWrite.Cut> begin =
        index == 1
            ? Optional.of(new LogWrite.Base(SELF, Position.ZERO, Membership.of(List.of()), 1))
            : Optional.empty();
    store.append(
        List.of(new LogWrite(GROUP, Optional.empty(), List.of(entry), begin)),
        durable::incrementAndGet);
  }

  /** So that a store whose test failed can end. */
  @AfterEach
  void letPass() {
    disk.mayPass.release(1000);
  }

  @Test
  void nothingIsAcknowledgedBeforeItsSyncCameBack() throws Exception {
    RocksLogStore store = open();
    append(store, 1);
    await().untilAsserted(() -> assertThat(disk.syncsBegun).hasValue(1));
    append(store, 2);
    append(store, 3);
    await().untilAsserted(() -> assertThat(disk.written.get()).isGreaterThanOrEqualTo(2));
    assertThat(durable).hasValue(0);
    assertThat(store.backlogBytes()).isEqualTo(3 * 34);
    assertThat(store.firstUnsynced()).isEqualTo(1);
    disk.mayPass.release();
    await().untilAsserted(() -> assertThat(disk.syncsBegun).hasValue(2));
    assertThat(durable).as("the sync under way began before the others").hasValue(1);
    assertThat(store.firstUnsynced()).isEqualTo(2);
    disk.mayPass.release(2);
    await().untilAsserted(() -> assertThat(durable).hasValue(3));
    await().untilAsserted(() -> assertThat(store.backlogBytes()).isZero());
    disk.mayPass.release(10);
    store.close();
    assertThat(failures).isEmpty();
  }

  @Test
  void aFailedSyncIsToldOnceAndNeverRepeated() throws Exception {
    RocksLogStore store = open();
    append(store, 1);
    await().untilAsserted(() -> assertThat(disk.syncsBegun).hasValue(1));
    disk.failsSyncs = true;
    disk.mayPass.release();
    await().untilAsserted(() -> assertThat(failures).hasSize(1));
    disk.failsSyncs = false;
    disk.mayPass.release(10);
    append(store, 2);
    assertThatThrownBy(store::close).isInstanceOf(StorageException.class);
    assertThat(disk.syncsBegun).hasValue(1);
    assertThat(durable).hasValue(0);
    assertThat(failures).hasSize(1);
  }

  @Test
  void aFailedWriteIsToldOnceAndNothingFollowsIt() throws Exception {
    RocksLogStore store = open();
    disk.mayPass.release(10);
    append(store, 1);
    await().untilAsserted(() -> assertThat(durable).hasValue(1));
    disk.failsWrites = true;
    append(store, 2);
    await().untilAsserted(() -> assertThat(failures).hasSize(1));
    disk.failsWrites = false;
    append(store, 3);
    assertThatThrownBy(store::close).isInstanceOf(StorageException.class);
    assertThat(durable).hasValue(1);
    assertThat(failures).hasSize(1);
  }

  @Test
  void closingWaitsForWhatWasHandedOver() throws Exception {
    try (RocksLogStore store = open()) {
      disk.mayPass.release(1000);
      for (int i = 1; i <= 100; i++) {
        append(store, i);
      }
    }
    assertThat(durable).hasValue(100);
    try (RocksLogStore again = open()) {
      assertThat(again.recovered().get(GROUP).lastIndex()).isEqualTo(100);
    }
  }
}
