package io.flotilla.shard.kv;

import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.files.FileSnapshotStore;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.SnapshotStore;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.SimState;
import io.flotilla.raft.sim.SimStates;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * The real store of one simulated node, in a real directory, with all of the node's shards in it. A
 * crash ends it without a flush, as {@link KvStore#kill} does. One thread.
 */
final class SimulatedShards implements SimStates<SimulatedShards.Round>, AutoCloseable {
  /** Too large for anything to be flushed of itself, at a moment that no seed decides. */
  private static final KvStoreConfig CONFIG = new KvStoreConfig(8 << 20, 2, 1 << 20, 1);

  private static final double FLUSH = 0.02;

  /** What is to happen when the store has the effects. */
  interface Step {
    void run() throws StorageException;
  }

  /** A round of the store, and what is then visible. */
  record Round(KvRound effects, List<Step> steps) implements ApplyRound {
    void whenCommitted(Step step) {
      steps.add(step);
    }

    @Override
    public long stagedBytes() {
      return effects.stagedBytes();
    }

    @Override
    public void commit() throws StorageException {
      effects.commit();
      List<Step> due = List.copyOf(steps);
      steps.clear();
      for (Step step : due) {
        step.run();
      }
    }

    @Override
    public void close() {
      effects.close();
      steps.clear();
    }
  }

  private final Path directory;
  private final Chance chance;
  private final Map<Long, SimulatedShard> shards = new TreeMap<>();
  private KvStore store;

  SimulatedShards(Path directory, Chance chance) throws StorageException {
    this.directory = directory;
    this.chance = chance;
    this.store = openStore();
  }

  private KvStore openStore() throws StorageException {
    return KvStore.open(directory.resolve("state"), CONFIG);
  }

  KvStore store() {
    return store;
  }

  void perhapsFlush() throws StorageException {
    if (chance.happens(FLUSH)) {
      flush();
    }
  }

  @Override
  public void create(GroupId group, Consumer<SimState> judge, LongFunction<SimState> truth)
      throws StorageException {
    Shard shard = ShardUnderTest.descriptor().toBuilder().setId(group.value()).build();
    long generation = store.create(List.of(shard), 0).get(0);
    KvStateMachine machine = KvStateMachine.open(store, group.value(), generation);
    shards.put(group.value(), new SimulatedShard(this, group.value(), machine, judge, truth));
  }

  @Override
  public SimulatedShard machine(GroupId group) {
    return Objects.requireNonNull(shards.get(group.value()));
  }

  @Override
  public void remove(GroupId group) throws StorageException {
    Objects.requireNonNull(shards.remove(group.value())).retire();
    store.sweep();
  }

  @Override
  public Round newRound() {
    return new Round(store.newRound(), new ArrayList<>());
  }

  @Override
  public void flush() throws StorageException {
    store.flush();
  }

  @Override
  public void crash() throws StorageException {
    store.kill();
    store = openStore();
  }

  @Override
  public void restart(Map<GroupId, Long> named) throws StorageException {
    List<KvStore.Found> live = new ArrayList<>();
    for (KvStore.Found state : store.found()) {
      if (Objects.equals(named.get(new GroupId(state.shard().getId())), state.generation())) {
        live.add(state);
      }
    }
    store.deleteAllBut(live);
    for (Map.Entry<GroupId, Long> one : named.entrySet()) {
      machine(one.getKey())
          .restart(KvStateMachine.open(store, one.getKey().value(), one.getValue()));
    }
  }

  @Override
  public SnapshotStore snapshots() throws IOException {
    return FileSnapshotStore.open(directory.resolve("snapshots"));
  }

  @Override
  public void close() throws StorageException {
    store.close();
  }
}
