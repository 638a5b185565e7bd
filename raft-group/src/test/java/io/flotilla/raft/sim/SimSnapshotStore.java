package io.flotilla.raft.sim;

import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotStore;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.zip.CRC32C;

/** The snapshots of one simulated node, in {@link SimFiles}. One thread. */
public final class SimSnapshotStore implements SnapshotStore {
  private final SimFiles files;
  private final Path root;
  private long received;

  /** Opens it empty, as after a crash. */
  public SimSnapshotStore(SimFiles files, Path root) {
    this.files = files;
    this.root = root;
    files.delete(root);
  }

  private Path outgoing(long snapshot) {
    return root.resolve("out").resolve(Long.toHexString(snapshot));
  }

  @Override
  public Path beginOutgoing(long snapshot, long bytes) throws IOException {
    files.makeDirectory(outgoing(snapshot));
    return outgoing(snapshot);
  }

  @Override
  public void endOutgoing(long snapshot) {}

  @Override
  public void read(long snapshot, SnapshotFile file, long offset, ByteBuffer to)
      throws IOException {
    byte[] content = files.read(outgoing(snapshot).resolve(file.name()));
    if (offset + to.remaining() > content.length) {
      throw new EOFException(file.name() + " ends at " + content.length);
    }
    to.put(content, (int) offset, to.remaining());
  }

  @Override
  public void deleteOutgoing(long snapshot) {
    files.delete(outgoing(snapshot));
  }

  @Override
  public Incoming beginIncoming(SnapshotManifest manifest) throws IOException {
    received++;
    Path directory = root.resolve("in").resolve(Long.toString(received));
    files.makeDirectory(directory);
    return new SimIncoming(directory, manifest.files());
  }

  private final class SimIncoming implements Incoming {
    private final Path directory;
    private final List<SnapshotFile> expected;
    private final BitSet sealed = new BitSet();

    SimIncoming(Path directory, List<SnapshotFile> expected) {
      this.directory = directory;
      this.expected = expected;
    }

    @Override
    public Path directory() {
      return directory;
    }

    @Override
    public void write(int file, long offset, ByteBuffer data) throws IOException {
      long end = offset + data.remaining();
      if (offset < 0 || end < offset || end > expected.get(file).bytes() || sealed.get(file)) {
        throw new IllegalArgumentException("bytes outside of " + expected.get(file));
      }
      Path path = directory.resolve(expected.get(file).name());
      byte[] before = contentOrNothing(path);
      byte[] content = Arrays.copyOf(before, (int) Math.max(before.length, end));
      data.duplicate().get(content, (int) offset, data.remaining());
      files.write(path, content);
    }

    private byte[] contentOrNothing(Path path) throws IOException {
      try {
        return files.read(path);
      } catch (NoSuchFileException e) {
        return new byte[0];
      }
    }

    @Override
    public boolean seal(int file) throws IOException {
      Path path = directory.resolve(expected.get(file).name());
      byte[] content = contentOrNothing(path);
      CRC32C crc = new CRC32C();
      crc.update(content);
      boolean right =
          content.length == expected.get(file).bytes()
              && (int) crc.getValue() == expected.get(file).crc32c();
      if (right) {
        files.write(path, content);
        sealed.set(file);
      }
      return right;
    }

    @Override
    public void complete() {
      if (sealed.cardinality() < expected.size()) {
        throw new IllegalStateException(sealed.cardinality() + " files are sealed");
      }
    }

    @Override
    public void delete() {
      files.delete(directory);
    }
  }
}
