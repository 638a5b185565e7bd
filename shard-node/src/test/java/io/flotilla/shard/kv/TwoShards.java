package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.NodeUnderTest.command;
import static io.flotilla.shard.kv.ShardUnderTest.entry;
import static io.flotilla.shard.kv.ShardUnderTest.key;
import static io.flotilla.shard.kv.ShardUnderTest.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.kv.AbsorbEntry;
import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.kv.FreezeEntry;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Neighbours on a node, and the steps of their merge. */
abstract class TwoShards {

  static final long LEFT = 7;
  static final long RIGHT = 8;
  static final long CHILD = 20;
  static final Shard LEFT_SHARD = shard(LEFT, "b", "m", 3, 70);
  static final Shard RIGHT_SHARD = shard(RIGHT, "m", "y", 5, 80);

  @TempDir Path directory;
  NodeUnderTest node;

  static Shard shard(long id, String from, String to, long version, long firstReplica) {
    Shard.Builder shard =
        Shard.newBuilder()
            .setId(id)
            .setKeyspace(1)
            .setStart(key(from))
            .setEnd(key(to))
            .setEpoch(Epoch.newBuilder().setVersion(version).setConfVersion(1));
    for (long on = 1; on <= 3; on++) {
      shard.addReplicas(Replica.newBuilder().setNode(on).setReplica(firstReplica + on));
    }
    return shard.build();
  }

  @BeforeEach
  void open() throws Exception {
    node = new NodeUnderTest(directory.resolve("node"), new TreeMap<>());
    node.create(LEFT_SHARD, RIGHT_SHARD);
  }

  @AfterEach
  void close() throws Exception {
    node.close();
  }

  static FreezeEntry freezing(Shard source, Shard target) {
    return FreezeEntry.newBuilder()
        .setExpected(source.getEpoch())
        .setInto(target.getId())
        .setIntoEpoch(target.getEpoch())
        .build();
  }

  static AbsorbEntry absorbing(Shard target, Shard source) {
    return AbsorbEntry.newBuilder().setExpected(target.getEpoch()).setSource(source).build();
  }

  Shard freeze(long source, long target) throws Exception {
    FreezeEntry entry = freezing(node.shard(source), node.shard(target));
    ChangeReply reply = node.change(source, command(entry));
    assertThat(reply.getRefusal()).isEmpty();
    assertThat(reply.getShard()).isEqualTo(node.shard(source));
    return reply.getShard();
  }

  /** Freezes, settles, absorbs. */
  Shard merge(long source, long target) throws Exception {
    Shard frozen = freeze(source, target);
    node.store.flush();
    ChangeReply reply = node.change(target, command(absorbing(node.shard(target), frozen)));
    assertThat(reply.getRefusal()).isEmpty();
    assertThat(reply.getShard()).isEqualTo(node.shard(target));
    return reply.getShard();
  }

  Shard split(long shard, String at, long child) throws Exception {
    Shard before = node.shard(shard);
    SplitEntry.Builder entry =
        SplitEntry.newBuilder().setExpected(before.getEpoch()).setAt(key(at)).setNewShard(child);
    for (Replica replica : before.getReplicasList()) {
      entry.addNewReplicas(replica.toBuilder().setReplica(replica.getReplica() + 10 * child));
    }
    ChangeReply reply = node.change(shard, command(entry.build()));
    assertThat(reply.getRefusal()).isEmpty();
    return reply.getShard();
  }

  static WriteEntry.Builder next(Shard shard, long client, long ackedBelow) {
    return entry(client, ackedBelow).setVersion(shard.getEpoch().getVersion());
  }

  Result run(long shard, long seq, Operation operation) throws Exception {
    return run(shard, next(node.shard(shard), 1, 0).addWrites(write(seq, operation)));
  }

  Result run(long shard, WriteEntry.Builder entry) throws Exception {
    return run(node, shard, entry);
  }

  static Result run(NodeUnderTest node, long shard, WriteEntry.Builder entry) throws Exception {
    byte[] command = ShardUnderTest.bytes(entry.build());
    return WriteReply.parseFrom(node.apply(shard, command)).getResults(0);
  }

  static long version(Shard shard) {
    return shard.getEpoch().getVersion();
  }

  String value(long shard, String key) throws Exception {
    return node.reads(shard).get(List.of(key(key)), 100).getValues(0).getValue().toStringUtf8();
  }

  static void applyAt(NodeUnderTest node, long shard, Entry entry) throws Exception {
    try (KvRound round = node.store.newRound()) {
      node.machine(shard).apply(List.of(entry), round);
      round.commit();
    }
  }

  static Epoch other(Epoch epoch, int versions, int changes) {
    return Epoch.newBuilder()
        .setVersion(epoch.getVersion() + versions)
        .setConfVersion(epoch.getConfVersion() + changes)
        .build();
  }
}
