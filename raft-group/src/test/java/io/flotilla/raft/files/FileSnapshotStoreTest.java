package io.flotilla.raft.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotStore;
import io.flotilla.raft.port.SnapshotStoreContract;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSnapshotStoreTest extends SnapshotStoreContract {
  /** Notes what is synced, and how long it was then; fails on demand. */
  private static final class TestDisk implements SnapshotDisk {
    private final List<String> synced = new ArrayList<>();
    private boolean fails;
    private long usable = Long.MAX_VALUE;

    @Override
    public void syncFile(FileChannel file, Path path) throws IOException {
      note(path.getFileName() + " of " + file.size());
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
      REAL.syncDirectory(directory);
      note(directory.getFileName().toString());
    }

    private void note(String what) throws IOException {
      if (fails) {
        throw new IOException("sync failed on purpose");
      }
      synced.add(what);
    }

    @Override
    public long usableBytes(Path directory) {
      return usable;
    }
  }

  private static final long SPARE = 256L << 20;

  @TempDir Path dir;
  private final TestDisk disk = new TestDisk();
  private final byte[] content = bytes("some bytes");
  private final SnapshotManifest manifest = manifest(file("1.sst", content));

  @Override
  protected SnapshotStore open() throws IOException {
    return FileSnapshotStore.open(dir, disk);
  }

  @Override
  protected void create(Path file, byte[] bytes) throws IOException {
    Files.write(file, bytes);
  }

  @Override
  protected byte[] content(Path file) throws IOException {
    return Files.readAllBytes(file);
  }

  @Override
  protected List<Path> leftovers() throws IOException {
    try (Stream<Path> all = Files.walk(dir, 3)) {
      return all.filter(path -> dir.relativize(path).getNameCount() > 1).toList();
    }
  }

  @Test
  void nothingStaysWhenItCloses() throws Exception {
    FileSnapshotStore store = FileSnapshotStore.open(dir, disk);
    create(store.beginOutgoing(1, 10).resolve("1.sst"), content);
    assertThat(leftovers()).isNotEmpty();
    store.close();
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void aSnapshotIsCompleteWhenFilesAndDirectoriesAreSynced() throws IOException {
    SnapshotStore.Incoming incoming = open().beginIncoming(manifest);
    incoming.write(0, 0, ByteBuffer.wrap(content));
    assertThat(disk.synced).isEmpty();
    assertThat(incoming.seal(0)).isTrue();
    assertThat(disk.synced).containsExactly("1.sst of 10");
    incoming.complete();
    assertThat(disk.synced)
        .containsExactly("1.sst of 10", incoming.directory().getFileName().toString(), "in");
  }

  @Test
  void whatCannotBeSyncedIsNotComplete() throws IOException {
    SnapshotStore.Incoming incoming = open().beginIncoming(manifest);
    incoming.write(0, 0, ByteBuffer.wrap(content));
    disk.fails = true;
    assertThatThrownBy(() -> incoming.seal(0)).isInstanceOf(IOException.class);
    assertThatThrownBy(incoming::complete).isInstanceOf(IllegalStateException.class);
    incoming.delete();
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void nothingIsBegunThatTheDiskHasNoRoomFor() throws IOException {
    SnapshotStore store = open();
    disk.usable = SPARE;
    assertThatThrownBy(() -> store.beginIncoming(manifest))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no room for snapshot");
    assertThat(leftovers()).isEmpty();
    disk.usable += content.length;
    assertThatThrownBy(() -> store.beginIncoming(manifest))
        .as("it is copied when it is loaded")
        .isInstanceOf(IOException.class);
    disk.usable += content.length;
    store.beginIncoming(manifest).delete();
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void whatIsUnderWayHasItsRoomUntilItIsDeleted() throws IOException {
    SnapshotStore store = open();
    disk.usable = SPARE + 3L * content.length;
    SnapshotStore.Incoming first = store.beginIncoming(manifest);
    assertThatThrownBy(() -> store.beginIncoming(manifest))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("20 of them for others");
    assertThatThrownBy(() -> store.beginOutgoing(1, 11)).isInstanceOf(IOException.class);
    first.write(0, 0, ByteBuffer.wrap(content));
    disk.usable -= content.length;
    Path copies = Files.createDirectory(first.directory().resolve("loading-1"));
    Files.write(copies.resolve("1.sst"), content);
    disk.usable -= content.length;
    store.beginOutgoing(1, 10);
    assertThatThrownBy(() -> store.beginOutgoing(2, 1)).isInstanceOf(IOException.class);
    store.deleteOutgoing(1);
    first.delete();
    disk.usable += 2L * content.length;
    store.beginIncoming(manifest).delete();
  }

  @Test
  void anImageThatIsWrittenTakesNoMoreRoomThanItHas() throws IOException {
    SnapshotStore store = open();
    disk.usable = SPARE + 100;
    store.beginOutgoing(1, 100);
    assertThatThrownBy(() -> store.beginOutgoing(2, 1)).isInstanceOf(IOException.class);
    store.endOutgoing(1);
    store.beginOutgoing(2, 100);
  }

  @Test
  void theRealDiskSyncsAndHasRoom() throws IOException {
    SnapshotStore.Incoming incoming = FileSnapshotStore.open(dir).beginIncoming(manifest);
    incoming.write(0, 0, ByteBuffer.wrap(content));
    assertThat(incoming.seal(0)).isTrue();
    incoming.complete();
    assertThat(incoming.directory()).isDirectoryContaining("glob:**/1.sst");
  }
}
