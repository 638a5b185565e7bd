package io.flotilla.placement.store;

import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StateMachineContract;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generations;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** Placement's group uses the same images as those of shards. */
class PlacementContractTest extends StateMachineContract<PlacementRound> {
  private static final class Stored implements Replica<PlacementRound> {
    private final Path directory;
    private PlacementStore store;
    private PlacementStateMachine machine;

    Stored(Path directory) throws StorageException {
      this.directory = directory;
      this.store = new PlacementStore(directory);
      this.machine = new PlacementStateMachine(store, Generations.INITIAL);
    }

    private void start(long generation) throws StorageException {
      store.close();
      store = new PlacementStore(directory);
      store.deleteAllBut(generation);
      machine = new PlacementStateMachine(store, generation);
    }

    @Override
    public StateMachine<PlacementRound> machine() {
      return machine;
    }

    @Override
    public PlacementRound newRound() {
      return store.newRound();
    }

    @Override
    public void flush() throws StorageException {
      store.db().flush();
    }

    @Override
    public String state() {
      return machine.view() + " at " + machine.appliedIndex();
    }

    @Override
    public long firstGeneration() {
      return Generations.INITIAL;
    }

    @Override
    public Set<Long> generations() throws StorageException {
      return new TreeSet<>(store.generations().all());
    }

    @Override
    public void sweep() throws StorageException {
      store.sweep();
    }

    @Override
    public void restart(long generation) throws StorageException {
      start(generation);
    }

    @Override
    public void crash(long generation) throws StorageException {
      store.loseUnflushed();
      start(generation);
    }

    @Override
    public void close() throws StorageException {
      store.close();
    }
  }

  @Override
  protected Replica<PlacementRound> open(Path directory) throws StorageException {
    return new Stored(directory);
  }

  @Override
  protected Replica<PlacementRound> openForeign(Path directory) throws StorageException {
    return new Stored(directory);
  }

  @Override
  protected byte[] command(int number) {
    return command("mine", number);
  }

  @Override
  protected byte[] foreignCommand(int number) {
    return command("other", number);
  }

  private static byte[] command(String cluster, int number) {
    PlacementCommand.Builder command = PlacementCommand.newBuilder();
    if (number == 1) {
      command.setAdoptCluster(cluster);
    } else {
      String directory = "d" + number % 5;
      command.setRegisterNode(
          RegisterNodeRequest.newBuilder().setIncarnation(directory).setAddress("h:" + number));
    }
    return command.build().toByteArray();
  }

  @Override
  protected Object answer(byte[] result) throws Exception {
    return PlacementResult.parseFrom(result).toBuilder().clearRevision().build();
  }
}
