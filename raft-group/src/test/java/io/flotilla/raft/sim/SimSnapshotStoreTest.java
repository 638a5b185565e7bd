package io.flotilla.raft.sim;

import io.flotilla.raft.port.SnapshotStore;
import io.flotilla.raft.port.SnapshotStoreContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The simulated snapshots lie as the real ones do. */
class SimSnapshotStoreTest extends SnapshotStoreContract {
  private final SimFiles files = new SimFiles();

  @Override
  protected SnapshotStore open() {
    return new SimSnapshotStore(files, Path.of("node-1"));
  }

  @Override
  protected void create(Path file, byte[] content) throws IOException {
    files.write(file, content);
  }

  @Override
  protected byte[] content(Path file) throws IOException {
    return files.read(file);
  }

  @Override
  protected List<Path> leftovers() {
    return files.list();
  }
}
