package io.flotilla.raft.files;

import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.SnapshotStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/** One directory of files that fill. Those that have begun and are not sealed are open. */
final class FileIncoming implements SnapshotStore.Incoming {
  private static final int READ_BYTES = 1 << 16;

  private final Path parent;
  private final Path directory;
  private final List<SnapshotFile> files;
  private final SnapshotDisk disk;
  private final Runnable whenDeleted;
  private final Map<Integer, FileChannel> open = new HashMap<>();
  private final BitSet sealed = new BitSet();

  /**
   * @param directory a new one in {@code parent}
   */
  FileIncoming(
      Path parent,
      Path directory,
      List<SnapshotFile> files,
      SnapshotDisk disk,
      Runnable whenDeleted) {
    this.parent = parent;
    this.directory = directory;
    this.files = files;
    this.disk = disk;
    this.whenDeleted = whenDeleted;
  }

  @Override
  public Path directory() {
    return directory;
  }

  @Override
  public void write(int file, long offset, ByteBuffer data) throws IOException {
    long end = offset + data.remaining();
    if (offset < 0 || end < offset || end > files.get(file).bytes() || sealed.get(file)) {
      throw new IllegalArgumentException(
          data.remaining() + " bytes from " + offset + " on do not lie within " + files.get(file));
    }
    FileChannel to = opened(file);
    ByteBuffer left = data.duplicate();
    long at = offset;
    while (left.hasRemaining()) {
      at += to.write(left, at);
    }
  }

  private FileChannel opened(int file) throws IOException {
    FileChannel channel = open.get(file);
    if (channel == null) {
      channel =
          FileChannel.open(
              pathOf(file),
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      open.put(file, channel);
    }
    return channel;
  }

  private Path pathOf(int file) {
    return directory.resolve(files.get(file).name());
  }

  @Override
  public boolean seal(int file) throws IOException {
    try (FileChannel channel = opened(file)) {
      open.remove(file);
      SnapshotFile expected = files.get(file);
      if (channel.size() != expected.bytes() || crc32c(channel) != expected.crc32c()) {
        return false;
      }
      disk.syncFile(channel, pathOf(file));
      sealed.set(file);
      return true;
    }
  }

  private static int crc32c(FileChannel channel) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer some = ByteBuffer.allocateDirect(READ_BYTES);
    channel.position(0);
    while (channel.read(some.clear()) >= 0) {
      crc.update(some.flip());
    }
    return (int) crc.getValue();
  }

  @Override
  public void complete() throws IOException {
    if (sealed.cardinality() < files.size()) {
      throw new IllegalStateException(
          sealed.cardinality() + " of " + files.size() + " files are sealed");
    }
    disk.syncDirectory(directory);
    disk.syncDirectory(parent);
  }

  @Override
  public void delete() throws IOException {
    try {
      for (FileChannel channel : open.values()) {
        channel.close();
      }
    } finally {
      open.clear();
      FileSnapshotStore.deleteAll(directory);
      whenDeleted.run();
    }
  }
}
