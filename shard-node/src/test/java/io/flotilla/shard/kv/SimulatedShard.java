package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.sim.EvenImage;
import io.flotilla.raft.sim.JudgedMachine;
import io.flotilla.raft.sim.SimCommand;
import io.flotilla.raft.sim.SimState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * A replica's real state machine in a simulated node. Beside it goes the simulator's own state, to
 * which it is compared: each answer when it is given, and what each key holds whenever anything has
 * become visible, by an entry, a snapshot or a restart. One thread.
 */
final class SimulatedShard implements JudgedMachine<SimulatedShards.Round> {
  private final SimulatedShards store;
  private final long id;
  private final Consumer<SimState> judge;
  private final LongFunction<SimState> truth;
  private KvStateMachine machine;
  private SimState visible = new SimState();
  private SimState working = new SimState();

  SimulatedShard(
      SimulatedShards store,
      long id,
      KvStateMachine machine,
      Consumer<SimState> judge,
      LongFunction<SimState> truth) {
    this.store = store;
    this.id = id;
    this.machine = machine;
    this.judge = judge;
    this.truth = truth;
  }

  void restart(KvStateMachine found) throws StorageException {
    machine = found;
    becomes(truth.apply(machine.appliedIndex()));
  }

  void retire() {
    machine.retire();
  }

  /** What is visible now; the next entries build upon it. */
  private void becomes(SimState state) throws StorageException {
    visible = state;
    working = state.copy();
    compareKeys();
    judge.accept(visible);
  }

  private void compareKeys() throws StorageException {
    if (machine.appliedIndex() != visible.applied()) {
      throw new AssertionError(
          "APPLIED: shard %d at %d, not %d"
              .formatted(id, machine.appliedIndex(), visible.applied()));
    }
    for (int key = 0; key < SimState.KEYS; key++) {
      byte[] held =
          store.store().get(KvKeys.data(machine.state().number(), key(key).toByteArray()));
      Value value =
          held == null ? Value.ABSENT : Value.of(ByteString.copyFrom(held).toStringUtf8());
      if (!value.equals(visible.value(key))) {
        throw new AssertionError(
            "STATE: shard %d at %d holds %s under key %d, not %s"
                .formatted(id, visible.applied(), value, key, visible.value(key)));
      }
    }
  }

  @Override
  public SimState state() {
    return visible;
  }

  @Override
  public long generation() {
    return machine.state().number();
  }

  @Override
  public long appliedIndex() {
    return machine.appliedIndex();
  }

  @Override
  public long durableIndex() throws StorageException {
    return machine.durableIndex();
  }

  // ---- entries

  @Override
  public List<byte[]> apply(List<Entry> entries, SimulatedShards.Round round)
      throws StorageException, UnknownCommandException {
    List<Entry> translated = entries.stream().map(SimulatedShard::translated).toList();
    List<byte[]> results = machine.apply(translated, round.effects());
    List<byte[]> told = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      Entry entry = entries.get(i);
      Outcome expected = working.apply(entry);
      told.add(
          entry.kind() == Entry.Kind.COMMAND
              ? SimCommand.encode(compared(entry, results.get(i), expected))
              : new byte[0]);
    }
    round.whenCommitted(this::committed);
    return told;
  }

  private void committed() throws StorageException {
    becomes(working);
    store.perhapsFlush();
  }

  private Outcome compared(Entry entry, byte[] result, Outcome expected) {
    SimCommand command = SimCommand.decode(entry.payload());
    Outcome told = outcome(command.action(), result);
    if (!told.equals(expected)) {
      throw new AssertionError(
          "ANSWER: shard %d told %s for %s at %d, not %s"
              .formatted(id, told, command, entry.index(), expected));
    }
    return told;
  }

  private static Outcome outcome(Action action, byte[] encoded) {
    Result result;
    try {
      result = WriteReply.parseFrom(encoded).getResults(0);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError("no reply", e);
    }
    return switch (result.getStatus()) {
      case OK -> done(action, result);
      case CONDITION_FAILED -> new Outcome.Took(false);
      case SESSION_EXPIRED -> Outcome.unknown();
      default -> throw new AssertionError(action + " was answered with " + result);
    };
  }

  private static Outcome done(Action action, Result result) {
    if (action instanceof Action.Increment || action instanceof Action.Append) {
      return new Outcome.Number(result.getNumber());
    } else if (action instanceof Action.CompareAndSet) {
      return new Outcome.Took(true);
    }
    return action instanceof Action.Delete ? new Outcome.Took(result.getExisted()) : Outcome.done();
  }

  // ---- commands

  private static ByteString key(int number) {
    return ShardUnderTest.key(name(number));
  }

  private static String name(int number) {
    return "k" + number;
  }

  private static Entry translated(Entry entry) {
    if (entry.kind() != Entry.Kind.COMMAND) {
      return entry;
    }
    SimCommand command = SimCommand.decode(entry.payload());
    WriteEntry write =
        ShardUnderTest.entry(command.client(), command.ackedBelow())
            .addWrites(
                ShardUnderTest.write(
                    command.sequence(), operation(name(command.key()), command.action())))
            .build();
    return new Entry(entry.index(), entry.term(), entry.kind(), ShardUnderTest.bytes(write));
  }

  private static Operation operation(String key, Action action) {
    if (action instanceof Action.Put put) {
      return Operations.put(key, put.value().text());
    } else if (action instanceof Action.Delete) {
      return Operations.delete(key, false);
    } else if (action instanceof Action.CompareAndSet cas) {
      String expected = cas.expected().equals(Value.ABSENT) ? null : cas.expected().text();
      return Operations.compareAndSet(key, expected, cas.value().text());
    } else if (action instanceof Action.Increment increment) {
      return Operations.increment(key, increment.by());
    } else if (action instanceof Action.Append append) {
      return Operations.append(key, append.suffix());
    }
    throw new IllegalArgumentException("no operation: " + action);
  }

  // ---- snapshots

  @Override
  public StateImage image() throws StorageException {
    return new EvenImage(machine.image());
  }

  @Override
  public long load(Path directory, List<SnapshotFile> files)
      throws StorageException, ImageException {
    return machine.load(directory, files);
  }

  @Override
  public void adopt(long generation) {
    machine.adopt(generation);
    try {
      becomes(truth.apply(machine.appliedIndex()));
    } catch (StorageException broken) {
      throw new AssertionError("shard " + id + " cannot be read", broken);
    }
  }

  @Override
  public void discard(long generation) {
    machine.discard(generation);
  }
}
