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
    disk.usable = 256L << 20;
    assertThatThrownBy(() -> store.beginIncoming(manifest))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no room for snapshot");
    assertThat(leftovers()).isEmpty();
    disk.usable += content.length;
    store.beginIncoming(manifest).delete();
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
