package io.flotilla.shard.kv;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
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
import java.nio.file.Path;
import java.util.ArrayList;
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

  ShardUnderTest(Path directory) throws StorageException {
    this.directory = directory;
    this.store = openStore();
    store.create(List.of(descriptor()));
    this.machine = KvStateMachine.open(store, ID);
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

  static Write write(long seq, Operation operation) {
    return Write.newBuilder().setSeq(seq).setOperation(operation).build();
  }

  /** Executes one operation of client 1 and expects an answer. */
  Result run(long seq, Operation operation) throws Exception {
    return run(entry(1, 0).addWrites(write(seq, operation))).get(0);
  }

  List<Result> run(WriteEntry.Builder entry) throws Exception {
    return append(Entry.Kind.COMMAND, entry.build().toByteArray());
  }

  List<Result> append(Entry.Kind kind, byte[] payload) throws Exception {
    log.add(new Entry(log.size() + 1L, 1, kind, payload));
    try (KvRound round = store.newRound()) {
      byte[] result = machine.apply(log.subList(log.size() - 1, log.size()), round).get(0);
      round.commit();
      return WriteReply.parseFrom(result).getResultsList();
    }
  }

  /** Several entries in one round. */
  List<WriteReply> runTogether(List<WriteEntry> entries)
      throws StorageException, UnknownCommandException, InvalidProtocolBufferException {
    for (WriteEntry entry : entries) {
      log.add(new Entry(log.size() + 1L, 1, Entry.Kind.COMMAND, entry.toByteArray()));
    }
    List<WriteReply> replies = new ArrayList<>();
    try (KvRound round = store.newRound()) {
      int from = log.size() - entries.size();
      for (byte[] result : machine.apply(log.subList(from, log.size()), round)) {
        replies.add(WriteReply.parseFrom(result));
      }
      round.commit();
    }
    return replies;
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
    int from = (int) machine.appliedIndex();
    try (KvRound round = store.newRound()) {
      machine.apply(log.subList(from, log.size()), round);
      round.commit();
    }
    return (long) log.size() - from;
  }

  List<Entry> log() {
    return log;
  }

  private void reopen() throws StorageException {
    store = openStore();
    machine = KvStateMachine.open(store, ID);
  }

  private KvStore openStore() throws StorageException {
    return KvStore.open(directory, new KvStoreConfig(1 << 20, 2, 1 << 20, 1));
  }

  /** All that stands in the database: data, completion records, progress, descriptors. */
  static Map<String, String> dump(KvStore store) throws Exception {
    Map<String, String> all = new TreeMap<>();
    try (KvView view = store.view();
        RocksIterator at = view.iterate(new byte[0], null)) {
      for (at.seekToFirst(); at.isValid(); at.next()) {
        all.put(text(at.key()), text(at.value()));
      }
      at.status();
    }
    return all;
  }

  private static String text(byte[] bytes) {
    return java.util.HexFormat.of().formatHex(bytes);
  }

  @Override
  public void close() throws StorageException {
    store.close();
  }
}
