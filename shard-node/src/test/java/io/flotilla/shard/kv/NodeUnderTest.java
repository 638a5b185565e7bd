package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.AbsorbEntry;
import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.FenceEntry;
import io.flotilla.proto.kv.FreezeEntry;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.kv.ThawEntry;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generations;
import io.flotilla.raft.state.KeySpan;
import io.flotilla.raft.state.StateView;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Several shards in the one store of a node, with logs that survive its crashes. */
final class NodeUnderTest implements AutoCloseable {
  private final Path directory;

  /** By shard, from the entry after the beginning on. */
  private final Map<Long, List<Entry>> logs;

  /** The generations that the logs name here. */
  private final Map<Long, Long> named = new TreeMap<>();

  private final Map<Long, KvStateMachine> machines = new TreeMap<>();
  private final Map<Long, Long> cutOff = new TreeMap<>();
  private final Set<Long> everHere = new TreeSet<>();
  KvStore store;
  int flushesWanted;

  /**
   * @param logs which other nodes may have as well
   */
  NodeUnderTest(Path directory, Map<Long, List<Entry>> logs) throws StorageException {
    this.directory = directory;
    this.logs = logs;
    this.store = openStore();
  }

  private KvStore openStore() throws StorageException {
    return KvStore.open(directory, new KvStoreConfig(1 << 20, 2, 1 << 20, 1));
  }

  void create(Shard... shards) throws StorageException {
    List<Long> made = store.create(List.of(shards), KvStateMachine.BEGIN.index());
    for (int i = 0; i < shards.length; i++) {
      logs.computeIfAbsent(shards[i].getId(), id -> new ArrayList<>());
      name(shards[i].getId(), made.get(i));
    }
  }

  private void name(long shard, long generation) throws StorageException {
    named.put(shard, generation);
    KvStateMachine machine = KvStateMachine.open(store, shard, generation);
    machine.onFlushWanted(() -> flushesWanted++);
    machine.onCutOff((child, where) -> cutOff.put(child, where));
    machines.put(shard, machine);
    everHere.add(shard);
  }

  KvStateMachine machine(long shard) {
    return Objects.requireNonNull(machines.get(shard));
  }

  boolean has(long shard) {
    return machines.containsKey(shard);
  }

  List<Long> shards() {
    return List.copyOf(machines.keySet());
  }

  Shard shard(long shard) {
    return machine(shard).shard();
  }

  // ---- entries

  byte[] apply(long shard, Command command) throws Exception {
    return apply(shard, command.toByteArray());
  }

  byte[] apply(long shard, byte[] command) throws Exception {
    append(logs, shard, Entry.Kind.COMMAND, command);
    List<byte[]> results = catchUp(shard);
    return results.get(results.size() - 1);
  }

  static void append(Map<Long, List<Entry>> logs, long shard, Entry.Kind kind, byte[] payload) {
    List<Entry> log = logs.computeIfAbsent(shard, id -> new ArrayList<>());
    long index = KvStateMachine.BEGIN.index() + log.size() + 1;
    log.add(new Entry(index, 2, kind, payload));
  }

  ChangeReply change(long shard, Command command) throws Exception {
    return ChangeReply.parseFrom(apply(shard, command));
  }

  /** Applies what it has not applied yet. */
  List<byte[]> catchUp(long shard) throws Exception {
    return catchUp(shard, left(shard));
  }

  List<byte[]> catchUp(long shard, int entriesMax) throws Exception {
    KvStateMachine machine = machine(shard);
    List<Entry> log = logs.get(shard);
    List<byte[]> results = new ArrayList<>();
    try (KvRound round = store.newRound()) {
      while (results.size() < entriesMax && left(shard) > 0) {
        int from = (int) (machine.appliedIndex() - KvStateMachine.BEGIN.index());
        int to = Math.min(log.size(), from + entriesMax - results.size());
        results.addAll(machine.apply(log.subList(from, to), round));
        round.commit();
      }
    }
    openCutOffs();
    return results;
  }

  int left(long shard) {
    long end = KvStateMachine.BEGIN.index() + logs.get(shard).size();
    return (int) (end - machine(shard).appliedIndex());
  }

  /** A log names only what a crash would leave. Who was here before does not come back by it. */
  private void openCutOffs() throws StorageException {
    Map<Long, Long> due = Map.copyOf(cutOff);
    cutOff.clear();
    for (Map.Entry<Long, Long> child : due.entrySet()) {
      if (everHere.contains(child.getKey())) {
        KvStateMachine.open(store, child.getKey(), child.getValue()).retire();
      } else {
        store.flush();
        logs.computeIfAbsent(child.getKey(), id -> new ArrayList<>());
        name(child.getKey(), child.getValue());
      }
    }
  }

  // ---- crashes, and what leaves

  /** Loses what was not flushed, and goes on from there. */
  void crash() throws StorageException {
    store.kill();
    reopen();
  }

  void restart() throws StorageException {
    store.close();
    reopen();
  }

  private void reopen() throws StorageException {
    store = openStore();
    machines.clear();
    List<KvStore.Found> live = new ArrayList<>();
    for (KvStore.Found found : store.found()) {
      if (Objects.equals(named.get(found.shard().getId()), found.generation())) {
        live.add(found);
      }
    }
    store.deleteAllBut(live);
    for (Map.Entry<Long, Long> one : Map.copyOf(named).entrySet()) {
      name(one.getKey(), one.getValue());
    }
  }

  /** Those too that are cut off meanwhile. */
  void catchUpAll() throws Exception {
    for (boolean more = true; more; ) {
      more = false;
      for (long shard : shards()) {
        more |= !catchUp(shard).isEmpty();
      }
    }
  }

  /** The replica leaves, with its log. */
  void dissolve(long shard) throws StorageException {
    machine(shard).retire();
    machines.remove(shard);
    named.remove(shard);
    store.sweep();
  }

  /** Goes on from what another one has. Returns the generation. */
  long install(long shard, KvStateMachine source) throws Exception {
    Path files = Files.createTempDirectory(directory.getParent(), "image");
    long loaded;
    try (var image = source.image()) {
      loaded = machine(shard).load(files, image.writeTo(files));
    }
    named.put(shard, loaded);
    machine(shard).adopt(loaded);
    store.sweep();
    return loaded;
  }

  /** A new replica begins with what another one has. */
  void join(Shard shard, KvStateMachine source) throws Exception {
    long id = shard.getId();
    name(id, store.create(List.of(shard), 0).get(0));
    install(id, source);
  }

  // ---- what there is

  /** All of a shard, wherever it is on this node. */
  Map<String, String> dump(long shard) throws Exception {
    Map<String, String> all = new TreeMap<>();
    try (StateView view = store.view();
        Cursor at = Cursor.forward(view, machine(shard).state().replicated())) {
      for (; at.isValid(); at.advance()) {
        byte[] key = at.key();
        all.put(hex(Arrays.copyOfRange(key, Long.BYTES, key.length)), hex(at.value()));
      }
    }
    return all;
  }

  /** All keys that are here are those of some shard, and of one only, but for where they are. */
  void checkNothingElseIsThere() throws Exception {
    long expected = 0;
    for (Map.Entry<Long, KvStateMachine> one : machines.entrySet()) {
      long generation = one.getValue().generation();
      boolean hasExtents = store.get(KvKeys.extents(generation, one.getKey())) != null;
      expected += dump(one.getKey()).size() + (hasExtents ? 1 : 0);
    }
    long found = 0;
    KeySpan everything = new KeySpan(new byte[0], Generations.beginOf(Long.MAX_VALUE));
    try (StateView view = store.view();
        Cursor at = Cursor.forward(view, List.of(everything))) {
      for (; at.isValid(); at.advance()) {
        found++;
      }
    }
    if (found != expected) {
      throw new AssertionError("there are " + found + " keys, not " + expected);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /** The users' keys in a range, as a scan finds them. */
  List<String> keys(long shard, String from, String to) throws Exception {
    KvReads.Scan scan =
        new KvReads.Scan(
            new KeyRange(ShardUnderTest.key(from), ShardUnderTest.key(to)),
            false,
            1000,
            1 << 20,
            true,
            false,
            0);
    return reads(shard).scan(scan).getPairsList().stream()
        .map(pair -> user(pair.getKey()))
        .toList();
  }

  static String user(ByteString key) {
    return key.substring(4).toStringUtf8();
  }

  KvReads reads(long shard) {
    return machine(shard).reads(shard(shard).getEpoch().getVersion());
  }

  static Command command(SplitEntry entry) {
    return Command.newBuilder().setSplit(entry).build();
  }

  static Command command(FreezeEntry entry) {
    return Command.newBuilder().setFreeze(entry).build();
  }

  static Command command(ThawEntry entry) {
    return Command.newBuilder().setThaw(entry).build();
  }

  static Command command(AbsorbEntry entry) {
    return Command.newBuilder().setAbsorb(entry).build();
  }

  static Command command(FenceEntry entry) {
    return Command.newBuilder().setFence(entry).build();
  }

  @Override
  public void close() throws StorageException {
    store.close();
  }
}
