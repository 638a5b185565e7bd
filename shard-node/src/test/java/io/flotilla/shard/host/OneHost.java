package io.flotilla.shard.host;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.HardState;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.LogStore.RecoveredLog;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.raft.runtime.ReplicaLostException;
import io.flotilla.shard.kv.KvRound;
import io.flotilla.shard.kv.KvStateMachine;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A host with a real store, whose groups are the test's: it applies, loses and crashes. */
abstract class OneHost {
  static final long NODE = 2;

  record Opened(GroupSpec spec, KvStateMachine state, HeldGroup group) {}

  @TempDir Path directory;
  final Map<Long, Opened> opened = new HashMap<>();
  final AtomicInteger news = new AtomicInteger();

  /** What the node's log would be: the last of each shard that was opened. */
  final Map<GroupId, RecoveredLog> logs = new HashMap<>();

  /** Shards whose replica here is not to be opened. */
  final Set<Long> lost = new HashSet<>();

  KvStore store;
  ShardHost host;
  private final Queue<Runnable> opener = new ArrayDeque<>();

  static ByteString key(String user) {
    return ByteString.copyFrom(new byte[] {0, 0, 0, 1}).concat(ByteString.copyFromUtf8(user));
  }

  @BeforeEach
  final void open() throws StorageException {
    store = KvStore.open(directory.resolve("state"), KvStoreConfig.DEFAULT);
    host = new ShardHost(NODE, store, this::openGroup, opener::add, this::fail);
    host.onChange(news::incrementAndGet);
  }

  @AfterEach
  final void close() throws StorageException {
    store.close();
  }

  private void fail(Throwable failure) {
    throw new AssertionError(failure);
  }

  private HeldGroup openGroup(GroupSpec spec, StateMachine<KvRound> state)
      throws ReplicaLostException {
    if (lost.contains(spec.id().value())) {
      throw new ReplicaLostException("lost");
    }
    HeldGroup group = new HeldGroup();
    group.self = spec.self();
    group.durablyApplied = state.appliedIndex();
    opened.put(spec.id().value(), new Opened(spec, (KvStateMachine) state, group));
    logs.putIfAbsent(spec.id(), log(spec.self().value(), spec.generation()));
    return group;
  }

  static RecoveredLog log(long self, long generation) {
    return new RecoveredLog(
        new ReplicaId(self),
        generation,
        HardState.INITIAL,
        Position.ZERO,
        Membership.of(List.of()),
        List.of(),
        0,
        List.of());
  }

  final void crash() throws StorageException {
    store.kill();
    restart();
  }

  final void restart() throws StorageException {
    opened.clear();
    opener.clear();
    open();
    host.recover(Map.copyOf(logs));
  }

  final void runOpener() {
    for (Runnable next = opener.poll(); next != null; next = opener.poll()) {
      next.run();
    }
  }

  final void put(long shard, long version, String key) throws Exception {
    Operation put = Operation.newBuilder().setPut(Put.newBuilder().setKey(key(key))).build();
    WriteEntry entry =
        WriteEntry.newBuilder()
            .setVersion(version)
            .setClientLow(1)
            .setNotAfterMillis(1)
            .addWrites(Write.newBuilder().setSeq(key.charAt(0)).setOperation(put))
            .build();
    apply(shard, Command.newBuilder().setWrite(entry).build());
  }

  final void apply(long shard, Command command) throws Exception {
    KvStateMachine state = opened.get(shard).state();
    try (KvRound round = store.newRound()) {
      state.apply(
          List.of(
              new Entry(state.appliedIndex() + 1, 2, Entry.Kind.COMMAND, command.toByteArray())),
          round);
      round.commit();
    }
  }

  final Shard now(long shard) {
    return opened.get(shard).state().shard();
  }
}
