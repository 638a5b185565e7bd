package io.flotilla.raft.files;

import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotStore;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Snapshots below one directory, which belongs to this store alone. */
public final class FileSnapshotStore implements SnapshotStore, AutoCloseable {
  private final Path out;
  private final Path in;
  private final SnapshotDisk disk;
  private final Room room;
  private final AtomicLong received = new AtomicLong();

  private FileSnapshotStore(Path directory, SnapshotDisk disk) {
    this.out = directory.resolve("out");
    this.in = directory.resolve("in");
    this.disk = disk;
    this.room = new Room(in, disk);
  }

  /** Opens it empty: whatever an earlier process has left is deleted. */
  public static FileSnapshotStore open(Path directory) throws IOException {
    return open(directory, SnapshotDisk.REAL);
  }

  static FileSnapshotStore open(Path directory, SnapshotDisk disk) throws IOException {
    FileSnapshotStore store = new FileSnapshotStore(directory, disk);
    for (Path half : List.of(store.out, store.in)) {
      deleteAll(half);
      Files.createDirectories(half);
    }
    return store;
  }

  @Override
  public Path beginOutgoing(long snapshot, long bytes) throws IOException {
    Path directory = Files.createDirectory(outgoing(snapshot));
    claim(directory, bytes, "an image");
    return directory;
  }

  /** For a directory that goes if there is no room. */
  private void claim(Path directory, long bytes, String what) throws IOException {
    try {
      room.claim(directory, bytes, what);
    } catch (IOException full) {
      Files.delete(directory);
      throw full;
    }
  }

  @Override
  public void endOutgoing(long snapshot) {
    room.release(outgoing(snapshot));
  }

  private Path outgoing(long snapshot) {
    return out.resolve(String.format("%016x", snapshot));
  }

  /** Opened for each piece: the operating system keeps what is needed again. */
  @Override
  public void read(long snapshot, SnapshotFile file, long offset, ByteBuffer to)
      throws IOException {
    Path path = outgoing(snapshot).resolve(file.name());
    try (FileChannel from = FileChannel.open(path, StandardOpenOption.READ)) {
      long at = offset;
      while (to.hasRemaining()) {
        int read = from.read(to, at);
        if (read < 0) {
          throw new EOFException(path + " ends at " + at);
        }
        at += read;
      }
    }
  }

  @Override
  public void deleteOutgoing(long snapshot) throws IOException {
    room.release(outgoing(snapshot));
    deleteAll(outgoing(snapshot));
  }

  @Override
  public Incoming beginIncoming(SnapshotManifest manifest) throws IOException {
    String name = manifest.group() + "-" + received.incrementAndGet();
    Path directory = Files.createDirectory(in.resolve(name));
    claim(directory, twice(manifest.bytes()), manifest.toString());
    return new FileIncoming(in, directory, manifest.files(), disk, () -> room.release(directory));
  }

  /** As it comes, and as it is copied when it is loaded. */
  private static long twice(long bytes) {
    return bytes > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : 2 * bytes;
  }

  /** Deletes all that is here, when who reads and writes it has ended: it is of no use any more. */
  @Override
  public void close() throws IOException {
    deleteAll(out);
    deleteAll(in);
  }

  static void deleteAll(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
