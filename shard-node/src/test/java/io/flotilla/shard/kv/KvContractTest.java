package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.Operations.append;
import static io.flotilla.shard.kv.Operations.batch;
import static io.flotilla.shard.kv.Operations.delete;
import static io.flotilla.shard.kv.Operations.increment;

import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StateMachineContract;
import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A shard is a state machine as {@code raft.port} wants it. */
class KvContractTest extends StateMachineContract<KvRound> {
  private static final class Stored implements Replica<KvRound> {
    private final Path directory;
    private final long shard;
    private final long firstGeneration;
    private KvStore store;
    private KvStateMachine machine;

    Stored(Path directory, Shard descriptor) throws StorageException {
      this.directory = directory;
      this.shard = descriptor.getId();
      this.store = open();
      this.firstGeneration = store.create(List.of(descriptor), 0).get(0);
      this.machine = KvStateMachine.open(store, shard, firstGeneration);
    }

    private KvStore open() throws StorageException {
      return KvStore.open(directory, new KvStoreConfig(1 << 20, 2, 1 << 20, 1));
    }

    private void start(long generation) throws StorageException {
      store = open();
      store.deleteAllBut(
          store.found().stream().filter(state -> state.generation() == generation).toList());
      machine = KvStateMachine.open(store, shard, generation);
    }

    @Override
    public StateMachine<KvRound> machine() {
      return machine;
    }

    @Override
    public KvRound newRound() {
      return store.newRound();
    }

    @Override
    public void flush() throws StorageException {
      store.flush();
    }

    @Override
    public String state() throws Exception {
      return ShardUnderTest.dump(store, machine.state().number()).toString();
    }

    @Override
    public long firstGeneration() {
      return firstGeneration;
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
      store.close();
      start(generation);
    }

    @Override
    public void crash(long generation) throws StorageException {
      store.kill();
      start(generation);
    }

    @Override
    public void close() throws StorageException {
      store.close();
    }
  }

  @Override
  protected Replica<KvRound> open(Path directory) throws StorageException {
    return new Stored(directory, ShardUnderTest.descriptor());
  }

  @Override
  protected Replica<KvRound> openForeign(Path directory) throws StorageException {
    return new Stored(directory, ShardUnderTest.descriptor().toBuilder().setId(8).build());
  }

  @Override
  protected byte[] command(int number) {
    return ShardUnderTest.bytes(
        ShardUnderTest.entry(number % 2, 0)
            .addWrites(
                ShardUnderTest.write(
                    number,
                    batch(
                        increment("n", number),
                        delete("k" + (number + 1) % 3, false),
                        append("k" + number % 3, "x"))))
            .build());
  }

  @Override
  protected Object answer(byte[] result) throws Exception {
    return WriteReply.parseFrom(result).getResultsList();
  }
}
