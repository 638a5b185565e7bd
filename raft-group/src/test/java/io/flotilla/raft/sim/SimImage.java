package io.flotilla.raft.sim;

import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

/** A simulated group's state in one small file. */
record SimImage(int group, SimState state) implements StateImage {
  private static final String NAME = "state";

  @Override
  public long applied() {
    return state.applied();
  }

  @Override
  public List<SnapshotFile> writeTo(Path directory) throws ImageException {
    byte[] bytes =
        ByteBuffer.allocate(Integer.BYTES + SimState.ENCODED_BYTES)
            .putInt(group)
            .put(state.encode())
            .array();
    try {
      Files.write(directory.resolve(NAME), bytes);
    } catch (IOException e) {
      throw new ImageException("cannot write an image to " + directory, e);
    }
    return List.of(new SnapshotFile(NAME, bytes.length, crc(bytes)));
  }

  static SimState read(Path directory, List<SnapshotFile> files, int group) throws ImageException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(directory.resolve(NAME));
    } catch (IOException e) {
      throw new ImageException("cannot read an image in " + directory, e);
    }
    if (files.size() != 1
        || bytes.length != Integer.BYTES + SimState.ENCODED_BYTES
        || bytes.length != files.get(0).bytes()
        || crc(bytes) != files.get(0).crc32c()) {
      throw new ImageException("the image in " + directory + " is damaged");
    }
    ByteBuffer from = ByteBuffer.wrap(bytes);
    int of = from.getInt();
    if (of != group) {
      throw new ImageException("it is of group " + of + ", not of " + group);
    }
    return SimState.decode(from);
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  @Override
  public void close() {}
}
