package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.StateMachine.UnknownCommandException;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.state.Generations;
import io.flotilla.raft.state.StateView;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.rocksdb.RocksIterator;

/** One shard on a store of its own, with a log that survives its crashes. */
final class ShardUnderTest implements AutoCloseable {
  static final long ID = 7;
  static final int VERSION = 3;
  static final long LATER = 1_000_000;

  private final Path directory;
  private final List<Entry> log = new ArrayList<>();
  KvStore store;
  KvStateMachine machine;

  /** What the log would name. */
  long generation;

  ShardUnderTest(Path directory) throws StorageException {
    this(directory, descriptor());
  }

  ShardUnderTest(Path directory, Shard descriptor) throws StorageException {
    this.directory = directory;
    this.store = openStore();
    this.generation = store.create(List.of(descriptor), 0).get(0);
    this.machine = KvStateMachine.open(store, ID, generation);
  }

  static Shard descriptor() {
    return Shard.newBuilder()
        .setId(ID)
        .setKeyspace(1)
        .setStart(key("b"))
        .setEnd(key("y"))
        .setEpoch(Epoch.newBuilder().setVersion(VERSION).setConfVersion(1))
        .build();
  }

  /** The encoded key of a user's key. */
  static ByteString key(String user) {
    return ByteString.copyFrom(new byte[] {0, 0, 0, 1}).concat(ByteString.copyFromUtf8(user));
  }

  static WriteEntry.Builder entry(long client, long ackedBelow) {
    return WriteEntry.newBuilder()
        .setClientLow(client)
        .setAckedBelow(ackedBelow)
        .setVersion(VERSION)
        .setLogTimeMillis(1)
        .setNotAfterMillis(LATER);
  }

  /** As it stands in a log. */
  static byte[] bytes(WriteEntry entry) {
    return Command.newBuilder().setWrite(entry).build().toByteArray();
  }

  static Write write(long seq, Operation operation) {
    return Write.newBuilder().setSeq(seq).setOperation(operation).build();
  }

  /** Executes one operation of client 1 and expects an answer. */
  Result run(long seq, Operation operation) throws Exception {
    return run(entry(1, 0).addWrites(write(seq, operation))).get(0);
  }

  List<Result> run(WriteEntry.Builder entry) throws Exception {
    return append(Entry.Kind.COMMAND, bytes(entry.build()));
  }

  List<Result> append(Entry.Kind kind, byte[] payload) throws Exception {
    return WriteReply.parseFrom(apply(kind, payload)).getResultsList();
  }

  byte[] apply(byte[] command) throws Exception {
    return apply(Entry.Kind.COMMAND, command);
  }

  private byte[] apply(Entry.Kind kind, byte[] payload) throws Exception {
    log.add(new Entry(log.size() + 1L, 1, kind, payload));
    try (KvRound round = store.newRound()) {
      byte[] result = machine.apply(log.subList(log.size() - 1, log.size()), round).get(0);
      round.commit();
      return result;
    }
  }

  /** Several entries in one round. */
  List<WriteReply> runTogether(List<WriteEntry> entries)
      throws StorageException, UnknownCommandException, InvalidProtocolBufferException {
    List<WriteReply> replies = new ArrayList<>();
    for (byte[] result : applyTogether(entries.stream().map(ShardUnderTest::bytes).toList())) {
      replies.add(WriteReply.parseFrom(result));
    }
    return replies;
  }

  List<byte[]> applyTogether(List<byte[]> commands)
      throws StorageException, UnknownCommandException {
    for (byte[] command : commands) {
      log.add(new Entry(log.size() + 1L, 1, Entry.Kind.COMMAND, command));
    }
    return applyRest();
  }

  /** What of the log is not applied yet, in as many rounds as that takes. */
  private List<byte[]> applyRest() throws StorageException, UnknownCommandException {
    List<byte[]> results = new ArrayList<>();
    try (KvRound round = store.newRound()) {
      while (machine.appliedIndex() < log.size()) {
        int from = (int) machine.appliedIndex();
        results.addAll(machine.apply(log.subList(from, log.size()), round));
        round.commit();
      }
    }
    return results;
  }

  /** Loses what was not flushed, opens again and applies the rest of the log. */
  long crashAndReplay() throws Exception {
    store.kill();
    reopen();
    return replay();
  }

  void restart() throws Exception {
    store.close();
    reopen();
  }

  /** Returns how many entries had to be applied again. */
  long replay() throws StorageException, UnknownCommandException {
    return applyRest().size();
  }

  List<Entry> log() {
    return log;
  }

  void reopen() throws StorageException {
    store = openStore();
    machine = KvStateMachine.open(store, ID, generation);
  }

  private KvStore openStore() throws StorageException {
    return KvStore.open(directory, new KvStoreConfig(1 << 20, 2, 1 << 20, 1));
  }

  /** All of a shard: data, completion records, progress, descriptor; without the generation. */
  static Map<String, String> dump(KvStore store, long generation) throws Exception {
    Map<String, String> all = new TreeMap<>();
    try (StateView view = store.view();
        RocksIterator at =
            view.iterate(Generations.beginOf(generation), Generations.beginOf(generation + 1))) {
      for (at.seekToFirst(); at.isValid(); at.next()) {
        byte[] key = at.key();
        all.put(text(Arrays.copyOfRange(key, Long.BYTES, key.length)), text(at.value()));
      }
      at.status();
    }
    return all;
  }

  Map<String, String> dump() throws Exception {
    return dump(generation);
  }

  Map<String, String> dump(long of) throws Exception {
    return dump(store, of);
  }

  private static String text(byte[] bytes) {
    return java.util.HexFormat.of().formatHex(bytes);
  }

  @Override
  public void close() throws StorageException {
    store.close();
  }
}
