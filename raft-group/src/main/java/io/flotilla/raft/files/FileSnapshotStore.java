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
public final class FileSnapshotStore implements SnapshotStore {
  /** Left free by who receives, for the log and the state have to go on. */
  private static final long RESERVED_BYTES = 256L << 20;

  private final Path out;
  private final Path in;
  private final SnapshotDisk disk;
  private final AtomicLong received = new AtomicLong();

  private FileSnapshotStore(Path directory, SnapshotDisk disk) {
    this.out = directory.resolve("out");
    this.in = directory.resolve("in");
    this.disk = disk;
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
  public Path beginOutgoing(long snapshot) throws IOException {
    return Files.createDirectory(outgoing(snapshot));
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
    deleteAll(outgoing(snapshot));
  }

  @Override
  public Incoming beginIncoming(SnapshotManifest manifest) throws IOException {
    long usable = disk.usableBytes(in);
    if (manifest.bytes() > usable - RESERVED_BYTES) {
      throw new IOException(
          "no room for " + manifest + ": " + usable + " bytes are left on the disk of " + in);
    }
    String name = manifest.group() + "-" + received.incrementAndGet();
    return new FileIncoming(in, name, manifest.files(), disk);
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
