package io.flotilla.deploy.whole;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.sim.EvenImage;
import java.nio.file.Path;
import java.util.List;

/** A state machine whose images are {@link EvenImage}s. */
record EvenImages<R extends ApplyRound>(StateMachine<R> machine) implements StateMachine<R> {
  @Override
  public StateImage image() throws StorageException {
    return new EvenImage(machine.image());
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
