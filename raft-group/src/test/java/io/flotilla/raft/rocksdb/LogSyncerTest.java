package io.flotilla.raft.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.port.LogStoreListener;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.rocksdb.SyncedMark.Note;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogSyncerTest {
  /** On which each sync makes one more change durable. */
  private static final class CountingDisk implements LogDisk {
    private final AtomicLong syncs = new AtomicLong();

    @Override
    public void write(byte[] batch) {}

    @Override
    public void sync() {
      syncs.incrementAndGet();
    }

    @Override
    public byte[] get(byte[] key) {
      return new byte[0];
    }

    @Override
    public long sequence() {
      return syncs.get() + 1;
    }
  }

  @TempDir Path directory;
  private final Conveyor<Handover> written = new Conveyor<>();
  private final AtomicLong nanos = new AtomicLong();
  private SyncedMark mark;
  private CompletableFuture<Void> end;

  @BeforeEach
  void start() throws StorageException {
    Note nothing = new Note(0, 0);
    mark = SyncedMark.open(directory.resolve("SYNCED"));
    mark.write(nothing);
    LogSyncer syncer =
        new LogSyncer(
            new CountingDisk(), mark, nothing, LogStoreListener.NONE, new AtomicLong(), nanos::get);
    end = CompletableFuture.runAsync(() -> run(syncer));
  }

  private void run(LogSyncer syncer) {
    try {
      syncer.run(written);
    } catch (StorageException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void stop() throws Exception {
    written.close();
    end.get(10, TimeUnit.SECONDS);
    mark.close();
  }

  private void sync() throws Exception {
    CompletableFuture<Void> durable = new CompletableFuture<>();
    written.put(new Handover(List.of(), () -> durable.complete(null), 1, 0));
    durable.get(10, TimeUnit.SECONDS);
  }

  private long marked() throws StorageException {
    return mark.read().orElseThrow().sequence();
  }

  /** For the syncer no time passes between its syncs: only that nothing follows makes it mark. */
  @Test
  void whatWasSyncedLastIsMarkedWhenNothingFollows() throws Exception {
    sync();
    sync();
    await().until(() -> marked() == 2);
    sync();
    await().until(() -> marked() == 3);
  }

  @Test
  void whatWasSyncedIsMarkedThoughMoreAndMoreFollows() throws Exception {
    AtomicInteger more = new AtomicInteger(1000);
    written.put(new Handover(List.of(), () -> follow(more), 1, 0));
    await().until(() -> more.get() <= 0);
    assertThat(marked()).isGreaterThan(900);
  }

  /** By the syncer: so there is always something to take. */
  private void follow(AtomicInteger more) {
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(2));
    if (more.decrementAndGet() > 0) {
      written.put(new Handover(List.of(), () -> follow(more), 1, 0));
    }
  }

  @Test
  void whatWasSyncedLastIsMarkedAtTheEnd() throws Exception {
    sync();
    written.close();
    end.get(10, TimeUnit.SECONDS);
    assertThat(marked()).isEqualTo(1);
  }
}
