package io.flotilla.deploy.whole;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.util.List;

/**
 * A state machine of which nobody hears RocksDB's estimate of what an image will weigh, which is
 * not twice alike, and which decides when logs are cut.
 */
record EvenImages<R extends ApplyRound>(StateMachine<R> machine) implements StateMachine<R> {
  private static final long BYTES = 4_000;

  private record Even(StateImage image) implements StateImage {
    @Override
    public long applied() {
      return image.applied();
    }

    @Override
    public long approximateBytes() {
      return BYTES;
    }

    @Override
    public List<SnapshotFile> writeTo(Path directory) throws StorageException, ImageException {
      return image.writeTo(directory);
    }

    @Override
    public void close() {
      image.close();
    }
  }

  @Override
  public StateImage image() throws StorageException {
    return new Even(machine.image());
  }

  @Override
  public long appliedIndex() {
    return machine.appliedIndex();
  }

  @Override
  public List<byte[]> apply(List<Entry> entries, R round)
      throws StorageException, UnknownCommandException {
    return machine.apply(entries, round);
  }

  @Override
  public long durableIndex() throws StorageException {
    return machine.durableIndex();
  }

  @Override
  public long load(Path directory, List<SnapshotFile> files)
      throws StorageException, ImageException {
    return machine.load(directory, files);
  }

  @Override
  public void adopt(long generation) {
    machine.adopt(generation);
  }

  @Override
  public void discard(long generation) {
    machine.discard(generation);
  }
}
