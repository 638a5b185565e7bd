package io.flotilla.raft.sim;

import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

/** A simulated group's state in one small file. */
record SimImage(int group, SimState state, Disk disk) implements StateImage {
  /** Where its file is written and read. */
  interface Disk {
    void write(Path file, byte[] content) throws IOException;

    byte[] read(Path file) throws IOException;
  }

  private static final String NAME = "state";

  @Override
  public long applied() {
    return state.applied();
  }

  @Override
  public long approximateBytes() {
    return encode().length;
  }

  @Override
  public List<SnapshotFile> writeTo(Path directory) throws ImageException {
    byte[] bytes = encode();
    try {
      disk.write(directory.resolve(NAME), bytes);
    } catch (IOException e) {
      throw new ImageException("cannot write an image to " + directory, e);
    }
    return List.of(new SnapshotFile(NAME, bytes.length, crc(bytes)));
  }

  static SimState read(Disk disk, Path directory, List<SnapshotFile> files, int group)
      throws ImageException {
    byte[] bytes;
    try {
      bytes = disk.read(directory.resolve(NAME));
    } catch (IOException e) {
      throw new ImageException("cannot read an image in " + directory, e);
    }
    if (files.size() != 1
        || bytes.length != files.get(0).bytes()
        || crc(bytes) != files.get(0).crc32c()) {
      throw new ImageException("the image in " + directory + " is damaged");
    }
    return decode(bytes, group);
  }

  byte[] encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      DataOutputStream to = new DataOutputStream(bytes);
      to.writeInt(group);
      state.writeTo(to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static SimState decode(byte[] bytes, int group) throws ImageException {
    try {
      DataInputStream from = new DataInputStream(new ByteArrayInputStream(bytes));
      int of = from.readInt();
      if (of != group) {
        throw new ImageException("it is of group " + of + ", not of " + group);
      }
      return SimState.readFrom(from);
    } catch (IOException | UncheckedIOException e) {
      throw new ImageException("not an image", e);
    }
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  @Override
  public void close() {}
}
