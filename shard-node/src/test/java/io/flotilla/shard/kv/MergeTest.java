package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.NodeUnderTest.command;
import static io.flotilla.shard.kv.Operations.batch;
import static io.flotilla.shard.kv.Operations.increment;
import static io.flotilla.shard.kv.Operations.put;
import static io.flotilla.shard.kv.ShardUnderTest.entry;
import static io.flotilla.shard.kv.ShardUnderTest.key;
import static io.flotilla.shard.kv.ShardUnderTest.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.AbsorbEntry;
import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.FenceEntry;
import io.flotilla.proto.kv.FreezeEntry;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.Result.Status;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.kv.ThawEntry;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Frozen;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.ImageException;
import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes one of two shards: with all that either had, and with nothing done twice. */
class MergeTest {
  static final long LEFT = 7;
  static final long RIGHT = 8;
  private static final long CHILD = 20;
  private static final Shard LEFT_SHARD = shard(LEFT, "b", "m", 3, 70);
  private static final Shard RIGHT_SHARD = shard(RIGHT, "m", "y", 5, 80);

  @TempDir Path directory;
  private NodeUnderTest node;

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

  // ---- steps

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

  private Shard freeze(long source, long target) throws Exception {
    FreezeEntry entry = freezing(node.shard(source), node.shard(target));
    ChangeReply reply = node.change(source, command(entry));
    assertThat(reply.getRefusal()).isEmpty();
    assertThat(reply.getShard()).isEqualTo(node.shard(source));
    return reply.getShard();
  }

  /** Freezes, settles, absorbs. */
  private Shard merge(long source, long target) throws Exception {
    Shard frozen = freeze(source, target);
    node.store.flush();
    ChangeReply reply = node.change(target, command(absorbing(node.shard(target), frozen)));
    assertThat(reply.getRefusal()).isEmpty();
    assertThat(reply.getShard()).isEqualTo(node.shard(target));
    return reply.getShard();
  }

  private Shard split(long shard, String at, long child) throws Exception {
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

  private static WriteEntry.Builder next(Shard shard, long client, long ackedBelow) {
    return entry(client, ackedBelow).setVersion(shard.getEpoch().getVersion());
  }

  private Result run(long shard, long seq, Operation operation) throws Exception {
    return run(shard, next(node.shard(shard), 1, 0).addWrites(write(seq, operation)));
  }

  private Result run(long shard, WriteEntry.Builder entry) throws Exception {
    return run(node, shard, entry);
  }

  private static Result run(NodeUnderTest node, long shard, WriteEntry.Builder entry)
      throws Exception {
    byte[] command = ShardUnderTest.bytes(entry.build());
    return WriteReply.parseFrom(node.apply(shard, command)).getResults(0);
  }

  private static long version(Shard shard) {
    return shard.getEpoch().getVersion();
  }

  private String value(long shard, String key) throws Exception {
    return node.reads(shard).get(List.of(key(key)), 100).getValues(0).getValue().toStringUtf8();
  }

  // ---- frozen

  @Test
  void freezesForOneEpochOfItsNeighbour() throws Exception {
    run(RIGHT, 1, put("x", "1"));
    Shard frozen = freeze(RIGHT, LEFT);
    assertThat(frozen)
        .isEqualTo(
            RIGHT_SHARD.toBuilder()
                .setEpoch(Epoch.newBuilder().setVersion(6).setConfVersion(1))
                .setFrozen(
                    Frozen.newBuilder()
                        .setInto(LEFT)
                        .setIntoEpoch(LEFT_SHARD.getEpoch())
                        .setIndex(3)
                        .addAllReplicas(RIGHT_SHARD.getReplicasList()))
                .build());
    assertThat(node.machine(RIGHT).frozen()).hasValue(frozen.getFrozen());
    assertThat(node.machine(LEFT).frozen()).isEmpty();
    assertThat(node.flushesWanted).isEqualTo(1);
    assertThat(node.machine(RIGHT).durableShard()).as("not yet").hasValue(RIGHT_SHARD);
    node.store.flush();
    assertThat(node.machine(RIGHT).durableShard()).hasValue(frozen);
    node.crash();
    assertThat(node.shard(RIGHT)).isEqualTo(frozen);
  }

  /** Its data and records, and how they expire, are the neighbour's: it has no say any more. */
  @Test
  void whatIsFrozenChangesNoMore() throws Exception {
    run(RIGHT, next(RIGHT_SHARD, 1, 0).setNotAfterMillis(50).addWrites(write(1, put("x", "1"))));
    Shard frozen = freeze(RIGHT, LEFT);
    Map<String, String> before = node.dump(RIGHT);
    for (Shard routedBy : List.of(RIGHT_SHARD, frozen)) {
      for (String key : List.of("x", "z")) {
        Result refused =
            run(
                RIGHT,
                next(routedBy, 1, 2).setLogTimeMillis(60).addWrites(write(2, put(key, "2"))));
        assertThat(refused.getStatus()).isEqualTo(Status.WRONG_SHARD);
        assertThat(refused.getMessage()).contains("frozen");
      }
      assertThatThrownBy(
              () -> node.machine(RIGHT).reads(version(routedBy)).get(List.of(key("x")), 100))
          .isInstanceOf(StaleVersionException.class)
          .hasMessageContaining("shard 8 has version 6, frozen");
    }
    assertThat(node.machine(RIGHT).appliedIndex()).isEqualTo(7);
    Map<String, String> after = node.dump(RIGHT);
    assertThat(after.keySet()).isEqualTo(before.keySet());
    before.values().removeAll(after.values());
    assertThat(before.values())
        .as("only the applied index is another, not even log time")
        .containsExactly(java.util.HexFormat.of().formatHex(new Progress(3, 1).encode()));
  }

  @Test
  void aReadThatWasAdmittedBeforeIsRefusedAfterwards() throws Exception {
    run(RIGHT, 1, put("x", "1"));
    KvReads before = node.reads(RIGHT);
    KvReads.Scan scan = new KvReads.Scan(KeyRange.of(RIGHT_SHARD), false, 10, 100, false, false, 0);
    assertThat(before.scan(scan).getCount()).isEqualTo(1);
    freeze(RIGHT, LEFT);
    assertThatThrownBy(() -> before.scan(scan)).isInstanceOf(StaleVersionException.class);
    assertThatThrownBy(() -> before.get(List.of(key("x")), 100))
        .isInstanceOf(StaleVersionException.class);
  }

  @Test
  void thawsByTheNextVersion() throws Exception {
    run(RIGHT, 1, increment("x", 1));
    Shard frozen = freeze(RIGHT, LEFT);
    ThawEntry thaw = ThawEntry.newBuilder().setExpected(frozen.getEpoch()).build();
    ChangeReply reply = node.change(RIGHT, command(thaw));
    assertThat(reply.getRefusal()).isEmpty();
    assertThat(reply.getShard())
        .isEqualTo(
            RIGHT_SHARD.toBuilder().setEpoch(frozen.getEpoch().toBuilder().setVersion(7)).build());
    assertThat(node.machine(RIGHT).frozen()).isEmpty();
    assertThat(value(RIGHT, "x")).isEqualTo("1");
    assertThat(run(RIGHT, 1, increment("x", 1)).getNumber()).as("a retry").isEqualTo(1);
    assertThat(run(RIGHT, 2, increment("x", 1)).getNumber()).isEqualTo(2);
    WriteEntry.Builder stale = next(frozen, 1, 0).addWrites(write(3, increment("x", 1)));
    assertThat(run(RIGHT, stale).getStatus()).isEqualTo(Status.WRONG_SHARD);
    assertThat(node.change(RIGHT, command(thaw)).getRefusal()).contains("at version 7.1");
  }

  @Test
  void membersMayChangeMeanwhile() throws Exception {
    Shard frozen = freeze(RIGHT, LEFT);
    NodeUnderTest other = new NodeUnderTest(directory.resolve("other"), new TreeMap<>());
    try (other) {
      other.join(RIGHT_SHARD, node.machine(RIGHT));
      assertThat(other.machine(RIGHT).frozen()).hasValue(frozen.getFrozen());
      other.crash();
      assertThat(other.machine(RIGHT).frozen()).hasValue(frozen.getFrozen());
    }
  }

  // ---- refusals

  private void assertRefused(long shard, Command command, String why) throws Exception {
    Shard before = node.shard(shard);
    ChangeReply reply = node.change(shard, command);
    assertThat(reply.getRefusal()).contains(why);
    assertThat(reply.getShard()).isEqualTo(before).isEqualTo(node.shard(shard));
  }

  private static Epoch other(Epoch epoch, int versions, int changes) {
    return Epoch.newBuilder()
        .setVersion(epoch.getVersion() + versions)
        .setConfVersion(epoch.getConfVersion() + changes)
        .build();
  }

  @Test
  void isNotFrozenIfAnythingDoesNotFit() throws Exception {
    FreezeEntry fits = freezing(RIGHT_SHARD, LEFT_SHARD);
    Epoch at = RIGHT_SHARD.getEpoch();
    for (Epoch wrong : List.of(other(at, 1, 0), other(at, -1, 0), other(at, 0, 1))) {
      Command command = command(fits.toBuilder().setExpected(wrong).build());
      assertRefused(RIGHT, command, "it was to be frozen at version " + wrong.getVersion());
    }
    assertRefused(RIGHT, command(fits.toBuilder().setInto(RIGHT).build()), "has id 8");
    assertRefused(RIGHT, command(fits.toBuilder().setInto(0).build()), "has id 0");
    Shard frozen = freeze(RIGHT, LEFT);
    FreezeEntry again = fits.toBuilder().setExpected(frozen.getEpoch()).build();
    assertRefused(RIGHT, command(again), "it is frozen");
    SplitEntry split =
        SplitEntry.newBuilder()
            .setExpected(frozen.getEpoch())
            .setAt(key("p"))
            .setNewShard(CHILD)
            .build();
    assertRefused(RIGHT, command(split), "it is frozen");
    FenceEntry fence = FenceEntry.newBuilder().setExpected(frozen.getEpoch()).build();
    assertRefused(RIGHT, command(fence), "it is frozen");
  }

  @Test
  void isLeftAloneUnlessAllReplicasAreVoters() {
    for (ReplicaRole role :
        List.of(ReplicaRole.LEARNER, ReplicaRole.INCOMING, ReplicaRole.OUTGOING)) {
      Shard left = withRole(LEFT_SHARD, role);
      Shard right = withRole(RIGHT_SHARD, role);
      assertThat(Merge.refusal(right, freezing(right, left)))
          .hasValue("not all of its replicas are voters");
      assertThat(Merge.refusal(left, absorbing(left, frozen(RIGHT_SHARD, left))))
          .hasValue("not all of its replicas are voters");
    }
  }

  private static Shard withRole(Shard shard, ReplicaRole role) {
    return shard.toBuilder().setReplicas(1, shard.getReplicas(1).toBuilder().setRole(role)).build();
  }

  private static Shard frozen(Shard source, Shard target) {
    return Merge.frozen(source, freezing(source, target), 9);
  }

  @Test
  void doesNotThawOrPassItsEpochForOthers() throws Exception {
    Epoch at = RIGHT_SHARD.getEpoch();
    assertRefused(
        RIGHT, command(ThawEntry.newBuilder().setExpected(at).build()), "it is not frozen");
    for (Epoch wrong : List.of(other(at, 1, 0), other(at, 0, 1))) {
      ThawEntry thaw = ThawEntry.newBuilder().setExpected(wrong).build();
      assertRefused(RIGHT, command(thaw), "it was to thaw at version " + wrong.getVersion());
      FenceEntry fence = FenceEntry.newBuilder().setExpected(wrong).build();
      assertRefused(RIGHT, command(fence), "it was to be fenced at version");
    }
    Shard frozen = freeze(RIGHT, LEFT);
    ThawEntry early = ThawEntry.newBuilder().setExpected(at).build();
    assertRefused(RIGHT, command(early), "it was to thaw at version 5.1, and is at version 6.1");
    assertThat(node.machine(RIGHT).frozen()).hasValue(frozen.getFrozen());
  }

  @Test
  void absorbsAtTheOneEpochOnly() throws Exception {
    Shard frozen = freeze(RIGHT, LEFT);
    node.store.flush();
    AbsorbEntry fits = absorbing(LEFT_SHARD, frozen);
    Epoch at = LEFT_SHARD.getEpoch();
    for (Epoch wrong : List.of(other(at, 1, 0), other(at, -1, 0), other(at, 0, 1))) {
      Command command = command(fits.toBuilder().setExpected(wrong).build());
      assertRefused(LEFT, command, "it was to absorb at version " + wrong.getVersion());
    }
    FenceEntry fence = FenceEntry.newBuilder().setExpected(at).build();
    ChangeReply fenced = node.change(LEFT, command(fence));
    assertThat(fenced.getRefusal()).isEmpty();
    assertThat(fenced.getShard())
        .isEqualTo(LEFT_SHARD.toBuilder().setEpoch(other(at, 1, 0)).build());
    assertRefused(LEFT, command(fits), "it was to absorb at version 3.1, and is at version 4.1");
    assertRefused(LEFT, command(fence), "it was to be fenced at version 3.1");
    assertRefused(
        LEFT,
        command(absorbing(node.shard(LEFT), frozen)),
        "the source was frozen for shard 7 at version 3.1");
  }

  @Test
  void absorbsWhatFitsOnly() {
    Shard frozen = frozen(RIGHT_SHARD, LEFT_SHARD);
    assertThat(Merge.refusal(LEFT_SHARD, absorbing(LEFT_SHARD, frozen))).isEmpty();
    Frozen how = frozen.getFrozen();
    Replica elsewhere = RIGHT_SHARD.getReplicas(0).toBuilder().setNode(4).build();
    Map<Shard, String> refused =
        Map.of(
            RIGHT_SHARD,
            "the source was frozen for shard 0",
            frozen.toBuilder().setFrozen(how.toBuilder().setInto(9)).build(),
            "the source was frozen for shard 9",
            frozen.toBuilder().setKeyspace(2).build(),
            "shard 8 is no neighbour",
            frozen.toBuilder().setStart(key("n")).build(),
            "shard 8 is no neighbour",
            frozen.toBuilder().setFrozen(how.toBuilder().setReplicas(0, elsewhere)).build(),
            "the source was frozen on other nodes",
            frozen.toBuilder().setFrozen(how.toBuilder().removeReplicas(0)).build(),
            "the source was frozen on other nodes");
    refused.forEach(
        (source, why) ->
            assertThat(Merge.refusal(LEFT_SHARD, absorbing(LEFT_SHARD, source)).orElse(""))
                .contains(why));
    Shard frozenTarget = frozen(LEFT_SHARD, shard(9, "a", "b", 1, 90));
    assertThat(
            Merge.refusal(frozenTarget, absorbing(frozenTarget, frozen(RIGHT_SHARD, frozenTarget))))
        .hasValue("it is frozen");
    Shard unbounded = LEFT_SHARD.toBuilder().setEnd(ByteString.EMPTY).build();
    Shard first = frozen(RIGHT_SHARD, unbounded).toBuilder().setStart(ByteString.EMPTY).build();
    assertThat(Merge.refusal(unbounded, absorbing(unbounded, first)).orElse(""))
        .as("no bound is not the same as the least key")
        .contains("no neighbour");
  }

  /** Whoever has lost the source must not go on as if nothing had been in it. */
  @Test
  void absorbsNothingThatIsNotHere() throws Exception {
    Shard frozen = freeze(RIGHT, LEFT);
    Shard another =
        frozen.toBuilder().setFrozen(frozen.getFrozen().toBuilder().setIndex(99)).build();
    for (Shard source : List.of(another, frozen)) {
      assertThatThrownBy(
              () -> {
                try (KvRound round = node.store.newRound()) {
                  byte[] command = command(absorbing(LEFT_SHARD, source)).toByteArray();
                  Entry entry = new Entry(2, 2, Entry.Kind.COMMAND, command);
                  node.machine(LEFT).apply(List.of(entry), round);
                }
              })
          .isInstanceOf(StorageException.class)
          .hasMessage("shard 7 is to absorb shard 8, which is not here as it was frozen");
      if (source == another) {
        node.dissolve(RIGHT);
        node.restart();
      }
    }
  }

  // ---- merged

  @ParameterizedTest
  @ValueSource(longs = {LEFT, RIGHT})
  void becomesOneWithAllOfBoth(long target) throws Exception {
    long source = LEFT + RIGHT - target;
    Result left = run(LEFT, 1, increment("c", 1));
    Result right = run(RIGHT, 2, increment("m", 5));
    run(RIGHT, 3, put("x", "3"));
    Shard merged = merge(source, target);
    Shard before = target == LEFT ? LEFT_SHARD : RIGHT_SHARD;
    assertThat(merged)
        .isEqualTo(
            before.toBuilder()
                .setStart(key("b"))
                .setEnd(key("y"))
                .setEpoch(Epoch.newBuilder().setVersion(target == LEFT ? 7 : 6).setConfVersion(1))
                .build());
    for (boolean restarted : new boolean[] {false, true}) {
      if (restarted) {
        node.store.flush();
        node.crash();
      }
      assertThat(node.keys(target, "b", "y")).containsExactly("c", "m", "x");
      assertThat(run(target, 1, increment("c", 1))).as("a retry").isEqualTo(left);
      assertThat(run(target, 2, increment("m", 5))).as("a retry").isEqualTo(right);
    }
    assertThat(run(target, 4, increment("m", 1)).getNumber()).isEqualTo(6);
    assertThat(run(target, 5, batch(increment("c", 1), put("l", "v"), put("m", "w"))).getStatus())
        .isEqualTo(Status.OK);
    assertThat(value(target, "c") + value(target, "l") + value(target, "m")).isEqualTo("2vw");
    assertThat(run(target, 6, put("y", "1")).getStatus()).isEqualTo(Status.WRONG_SHARD);
    for (Shard stale :
        List.of(before, merged.toBuilder().setEpoch(other(merged.getEpoch(), -1, 0)).build())) {
      WriteEntry.Builder late = next(stale, 1, 0).addWrites(write(7, put("c", "1")));
      assertThat(run(target, late).getStatus()).isEqualTo(Status.WRONG_SHARD);
    }
  }

  @Test
  void whereItsKeysAreIsKnown() throws Exception {
    long left = node.machine(LEFT).generation();
    long right = node.machine(RIGHT).generation();
    KeyRange all = KeyRange.of(RIGHT_SHARD);
    KeyRange some = new KeyRange(key("p"), key("q"));
    assertThat(node.machine(LEFT).holds(right, all)).isFalse();
    assertThat(node.machine(RIGHT).holds(right, some)).isTrue();
    merge(RIGHT, LEFT);
    assertThat(node.machine(LEFT).holds(right, some)).isTrue();
    assertThat(node.machine(LEFT).holds(right, KeyRange.of(LEFT_SHARD))).isFalse();
    assertThat(node.machine(LEFT).holds(left, KeyRange.of(LEFT_SHARD))).isTrue();
    split(LEFT, "n", CHILD);
    assertThat(node.machine(LEFT).holds(right, some)).isFalse();
    assertThat(node.machine(CHILD).holds(right, some)).isTrue();
    assertThat(node.flushesWanted).as("for what froze, and for what absorbed").isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(longs = {LEFT, RIGHT})
  void logTimeIsThatOfWhoIsAhead(long target) throws Exception {
    run(RIGHT, next(RIGHT_SHARD, 1, 0).setLogTimeMillis(500).addWrites(write(1, put("x", "1"))));
    merge(LEFT + RIGHT - target, target);
    for (boolean restarted : new boolean[] {false, true}) {
      if (restarted) {
        node.restart();
      }
      WriteEntry.Builder late =
          next(node.shard(target), 2, 0).setNotAfterMillis(499).addWrites(write(1, put("c", "2")));
      assertThat(run(target, late).getStatus()).isEqualTo(Status.SESSION_EXPIRED);
    }
  }

  /**
   * Of two logs, one may know that a client has acknowledged more, and the other that it lives
   * longer. What the shard goes on with must be what a restart would read, whatever is forgotten
   * first: a replica that replays may not decide otherwise.
   */
  @ParameterizedTest
  @ValueSource(longs = {LEFT, RIGHT})
  void whatIsRememberedOfClientsIsWhatARestartWouldFind(long target) throws Exception {
    run(RIGHT, next(RIGHT_SHARD, 1, 0).setNotAfterMillis(900).addWrites(write(1, put("x", "1"))));
    run(RIGHT, next(RIGHT_SHARD, 1, 0).setNotAfterMillis(950).addWrites(write(2, put("w", "1"))));
    run(LEFT, next(LEFT_SHARD, 1, 3).setNotAfterMillis(100).addWrites(write(3, put("c", "1"))));
    run(LEFT, next(LEFT_SHARD, 2, 0).setNotAfterMillis(300).addWrites(write(1, put("c", "1"))));
    run(RIGHT, next(RIGHT_SHARD, 2, 2).setNotAfterMillis(200).addWrites(write(2, put("x", "1"))));
    run(LEFT, next(LEFT_SHARD, 3, 0).setNotAfterMillis(90).addWrites(write(1, put("c", "1"))));
    merge(LEFT + RIGHT - target, target);
    node.store.flush();
    NodeUnderTest again = new NodeUnderTest(directory.resolve("again"), new TreeMap<>());
    try (again) {
      again.join(node.shard(target), node.machine(target));
      Session known = node.machine(target).state().sessions().find(new ClientId(0, 1));
      assertThat(known.ackedBelow()).isEqualTo(3);
      assertThat(known.expiresMillis()).isEqualTo(950);
      long index = node.machine(target).appliedIndex();
      for (long time : new long[] {95, 150, 250, 350, 910, 960, 970}) {
        for (NodeUnderTest each : List.of(node, again)) {
          // A retry forgets what was acknowledged; any entry forgets what has expired.
          Entry retry =
              entryAt(
                  ++index,
                  next(each.shard(target), 1, 0)
                      .setLogTimeMillis(time)
                      .addWrites(write(3, put("c", "1"))));
          index--;
          applyAt(each, target, retry);
        }
        index++;
        again.restart();
        assertThat(again.dump(target)).as("at %d", time).isEqualTo(node.dump(target));
      }
      assertThat(node.machine(target).state().sessions().find(new ClientId(0, 3))).isNull();
    }
  }

  private static Entry entryAt(long index, WriteEntry.Builder entry) {
    return new Entry(index, 2, Entry.Kind.COMMAND, ShardUnderTest.bytes(entry.build()));
  }

  private static void applyAt(NodeUnderTest node, long shard, Entry entry) throws Exception {
    try (KvRound round = node.store.newRound()) {
      node.machine(shard).apply(List.of(entry), round);
      round.commit();
    }
  }

  @Test
  void clientsOfEitherSideGoOn() throws Exception {
    for (int seq = 1; seq <= 20; seq++) {
      run(seq % 2 == 0 ? LEFT : RIGHT, seq, put((seq % 2 == 0 ? "c" : "x") + seq, "1"));
    }
    Shard merged = merge(RIGHT, LEFT);
    WriteEntry.Builder first = next(merged, 1, 21).addWrites(write(21, increment("x", 1)));
    assertThat(run(LEFT, first).getNumber()).isEqualTo(1);
    assertThat(node.machine(LEFT).state().sessions().find(new ClientId(0, 1)).size())
        .as("the acknowledged ones are forgotten, whoever executed them")
        .isEqualTo(1);
    assertThat(run(LEFT, first).getNumber()).as("not executed twice").isEqualTo(1);
    WriteEntry.Builder old = next(merged, 1, 0).addWrites(write(20, put("c20", "1")));
    assertThat(run(LEFT, old).getStatus()).isEqualTo(Status.SESSION_EXPIRED);
  }

  // ---- scans

  private ScanReply scan(boolean reverse, boolean countOnly, int max, KeyRange range)
      throws Exception {
    KvReads.Scan scan = new KvReads.Scan(range, reverse, max, 1 << 20, true, countOnly, max);
    return node.reads(LEFT).scan(scan);
  }

  private List<String> pages(boolean reverse, int max, KeyRange all) throws Exception {
    List<String> found = new ArrayList<>();
    KeyRange rest = all;
    while (true) {
      ScanReply page = scan(reverse, false, max, rest);
      page.getPairsList().forEach(pair -> found.add(NodeUnderTest.user(pair.getKey())));
      assertThat(page.getCount()).isLessThanOrEqualTo(max).isEqualTo(page.getPairsCount());
      if (!page.getMore()) {
        return found;
      }
      rest =
          reverse
              ? new KeyRange(rest.start(), page.getNext())
              : new KeyRange(page.getNext(), rest.end());
    }
  }

  @Test
  void scansGoAcrossTheSeam() throws Exception {
    List<String> keys = List.of("b", "c", "lz", "m", "n", "x");
    for (int i = 0; i < keys.size(); i++) {
      run(i < 3 ? LEFT : RIGHT, i + 1, put(keys.get(i), "v"));
    }
    merge(RIGHT, LEFT);
    List<String> reversed = new ArrayList<>(keys);
    java.util.Collections.reverse(reversed);
    KeyRange all = KeyRange.of(node.shard(LEFT));
    for (int max = 1; max <= 7; max++) {
      assertThat(pages(false, max, all)).isEqualTo(keys);
      assertThat(pages(true, max, all)).isEqualTo(reversed);
      for (boolean reverse : new boolean[] {false, true}) {
        assertThat(scan(reverse, true, max, all).getCount()).isEqualTo(Math.min(max, 6));
        assertThat(scan(reverse, true, max, all).getMore()).isEqualTo(max < 6);
      }
    }
    assertThat(pages(false, 9, new KeyRange(key("c"), key("m")))).containsExactly("c", "lz");
    assertThat(pages(true, 9, new KeyRange(key("m"), key("n")))).containsExactly("m");
    assertThat(pages(false, 9, new KeyRange(key("d"), key("m\0")))).containsExactly("lz", "m");
    assertThat(pages(false, 9, new KeyRange(key("n"), ByteString.EMPTY)))
        .as("an open end stays within the shard")
        .containsExactly("n", "x");
    List<ByteString> some = List.of(key("x"), key("b"), key("q"), key("m"));
    assertThat(node.reads(LEFT).get(some, 1000).getValuesList())
        .extracting(value -> value.getValue().toStringUtf8())
        .containsExactly("v", "v", "", "v");
  }

  @Test
  void theMiddleAndTheWeightAreOfBoth() throws Exception {
    Random random = new Random(1);
    for (int i = 10; i < 99; i++) {
      byte[] noise = new byte[2000];
      random.nextBytes(noise);
      String value = java.util.HexFormat.of().formatHex(noise);
      run(i < 20 ? LEFT : RIGHT, i, put((i < 20 ? "c" : "p") + i, value));
    }
    node.store.flush();
    long weight = node.machine(LEFT).approximateBytes() + node.machine(RIGHT).approximateBytes();
    merge(RIGHT, LEFT);
    assertThat(NodeUnderTest.user(node.machine(LEFT).middle().orElseThrow()))
        .isBetween("p50", "p60");
    assertThat(node.machine(LEFT).approximateBytes()).isBetween(weight / 10 * 9, weight / 10 * 11);
  }

  // ---- again and again

  @ParameterizedTest
  @ValueSource(longs = {LEFT, CHILD})
  void halvesOfOneGenerationBecomeOneAgain(long target) throws Exception {
    run(LEFT, 1, increment("c", 1));
    run(LEFT, 2, increment("k", 1));
    split(LEFT, "h", CHILD);
    run(CHILD, 3, increment("k", 1));
    long source = LEFT + CHILD - target;
    merge(source, target);
    long generation = node.machine(LEFT).generation();
    assertThat(node.machine(target).state().extents())
        .isEqualTo(Extents.of(generation, KeyRange.of(LEFT_SHARD)));
    assertThat(node.store.get(KvKeys.extents(generation, target))).isNull();
    node.store.flush();
    node.dissolve(source);
    node.crash();
    assertThat(node.keys(target, "b", "m")).containsExactly("c", "k");
    assertThat(run(target, 3, increment("k", 1)).getNumber()).isEqualTo(2);
    assertThat(run(target, 2, increment("k", 1)).getNumber()).isEqualTo(1);
  }

  /** At the seam, and beside it on either side; and twice, so that versions only rise. */
  @ParameterizedTest
  @ValueSource(strings = {"m", "h", "p"})
  void isSplitAndMergedAgain(String at) throws Exception {
    run(LEFT, 1, increment("c", 1));
    run(LEFT, 2, increment("k", 1));
    run(RIGHT, 3, increment("n", 1));
    run(RIGHT, 4, increment("x", 1));
    long version = version(merge(RIGHT, LEFT));
    node.store.flush();
    node.dissolve(RIGHT);
    for (long child = CHILD; child < CHILD + 3; child++) {
      Shard rest = split(LEFT, at, child);
      assertThat(version(rest)).isGreaterThan(version);
      node.store.flush();
      node.crash();
      assertThat(node.keys(LEFT, "b", at)).hasSameElementsAs(before(at));
      assertThat(node.keys(child, at, "y")).hasSize(4 - before(at).size());
      long of = at.equals("p") ? LEFT : child;
      assertThat(run(of, 3, increment("n", 1)).getNumber()).as("a retry").isEqualTo(1);
      version = version(merge(child, LEFT));
      node.store.flush();
      node.dissolve(child);
      node.crash();
      assertThat(node.keys(LEFT, "b", "y")).containsExactly("c", "k", "n", "x");
      assertThat(node.machine(LEFT).state().extents().all()).as("of two generations").hasSize(2);
    }
    assertThat(node.store.found()).hasSize(1);
  }

  private static List<String> before(String at) {
    return List.of("c", "k", "n", "x").stream().filter(key -> key.compareTo(at) < 0).toList();
  }

  @Test
  void aThirdIsAbsorbedAsWell() throws Exception {
    Shard third = shard(9, "y", "z", 2, 90);
    node.create(third);
    run(LEFT, 1, increment("c", 1));
    run(RIGHT, 2, increment("x", 1));
    run(9, 3, increment("yy", 1));
    merge(LEFT, RIGHT);
    merge(9, RIGHT);
    node.store.flush();
    node.dissolve(LEFT);
    node.dissolve(9);
    node.restart();
    assertThat(node.keys(RIGHT, "b", "z")).containsExactly("c", "x", "yy");
    assertThat(run(RIGHT, 1, increment("c", 1)).getNumber()).isEqualTo(1);
    assertThat(run(RIGHT, 3, increment("yy", 1)).getNumber()).isEqualTo(1);
    assertThat(node.machine(RIGHT).state().extents().all()).hasSize(3);
  }

  /** One that has absorbed another is itself absorbed. */
  @Test
  void whatWasMergedIsAbsorbedAsAWhole() throws Exception {
    node.create(shard(9, "y", "z", 2, 90));
    run(LEFT, 1, increment("c", 1));
    run(RIGHT, 2, increment("x", 1));
    merge(LEFT, RIGHT);
    merge(RIGHT, 9);
    node.store.flush();
    node.dissolve(LEFT);
    node.dissolve(RIGHT);
    node.crash();
    assertThat(node.keys(9, "b", "z")).containsExactly("c", "x");
    assertThat(run(9, 1, increment("c", 1)).getNumber()).isEqualTo(1);
  }

  // ---- images

  @Test
  void anImageIsOfAllOfIt() throws Exception {
    run(LEFT, 1, increment("c", 1));
    run(RIGHT, 2, increment("m", 1));
    run(RIGHT, 3, increment("x", 1));
    merge(RIGHT, LEFT);
    run(LEFT, 4, increment("m", 1));
    try (NodeUnderTest other = new NodeUnderTest(directory.resolve("other"), new TreeMap<>())) {
      other.join(LEFT_SHARD, node.machine(LEFT));
      assertThat(other.dump(LEFT)).isEqualTo(node.dump(LEFT));
      assertThat(other.machine(LEFT).state().extents().all()).hasSize(1);
      other.crash();
      assertThat(other.keys(LEFT, "b", "y")).containsExactly("c", "m", "x");
      Map<String, String> before = node.dump(LEFT);
      node.install(LEFT, node.machine(LEFT));
      node.dissolve(RIGHT);
      assertThat(node.dump(LEFT)).isEqualTo(before);
      node.crash();
      assertThat(node.dump(LEFT)).isEqualTo(before);
      assertThat(run(LEFT, 2, increment("m", 1)).getNumber()).isEqualTo(1);
      assertThat(node.store.generations().all()).as("nothing else is left").hasSize(1);
    }
  }

  /**
   * Where an image of the source comes from, the target may have gone on with the source's data. If
   * it took the place of what was frozen here, the target here would absorb what it has yet to do.
   */
  @Test
  void whatIsFrozenIsNotReplacedByAnImageOfTheSame() throws Exception {
    run(RIGHT, 1, increment("x", 1));
    try (NodeUnderTest ahead = new NodeUnderTest(directory.resolve("ahead"), new TreeMap<>())) {
      ahead.create(LEFT_SHARD);
      ahead.join(RIGHT_SHARD, node.machine(RIGHT));
      Shard frozen = freeze(RIGHT, LEFT);
      byte[] freeze = command(freezing(RIGHT_SHARD, LEFT_SHARD)).toByteArray();
      applyAt(ahead, RIGHT, new Entry(3, 2, Entry.Kind.COMMAND, freeze));
      applyAt(ahead, RIGHT, new Entry(4, 2, Entry.Kind.NO_OP, new byte[0]));
      ahead.change(LEFT, command(absorbing(LEFT_SHARD, frozen)));
      WriteEntry.Builder more =
          next(ahead.shard(LEFT), 1, 0).addWrites(write(2, increment("x", 1)));
      assertThat(run(ahead, LEFT, more).getNumber()).isEqualTo(2);
      assertThatThrownBy(() -> node.install(RIGHT, ahead.machine(RIGHT)))
          .isInstanceOf(ImageException.class)
          .hasMessage("it is of a frozen shard, which is here");
      node.change(LEFT, command(absorbing(LEFT_SHARD, frozen)));
      assertThat(value(LEFT, "x")).isEqualTo("1");
    }
  }

  // ---- crashes

  /** Both, or neither: a crash finds no half of it. */
  @Test
  void isOneBatch() throws Exception {
    run(RIGHT, 1, put("x", "1"));
    Shard frozen = freeze(RIGHT, LEFT);
    node.store.flush();
    long left = node.machine(LEFT).generation();
    byte[] command = command(absorbing(LEFT_SHARD, frozen)).toByteArray();
    try (KvRound round = node.store.newRound()) {
      node.machine(LEFT).apply(List.of(new Entry(2, 2, Entry.Kind.COMMAND, command)), round);
      assertThat(ShardState.decode(round.get(KvKeys.descriptor(left, LEFT))))
          .isEqualTo(node.shard(LEFT));
      assertThat(round.get(KvKeys.extents(left, LEFT)))
          .isEqualTo(node.machine(LEFT).state().extents().encode());
      assertThat(round.get(KvKeys.progress(left, LEFT))).isEqualTo(new Progress(2, 1).encode());
    }
    node.crash();
    assertThat(node.shard(LEFT)).as("not committed").isEqualTo(LEFT_SHARD);
    node.apply(LEFT, command);
    node.crash();
    assertThat(node.shard(LEFT)).as("rolled back").isEqualTo(LEFT_SHARD);
    assertThat(node.shard(RIGHT)).isEqualTo(frozen);
    node.catchUp(LEFT);
    assertThat(node.keys(LEFT, "b", "y")).containsExactly("x");
  }

  /**
   * After each step a crash, with and without what was flushed there; and at the end the same as
   * without. The source is dissolved once the target is durable, and not before.
   */
  @ParameterizedTest
  @ValueSource(longs = {LEFT, RIGHT})
  void isTheSameWhereverItCrashes(long target) throws Exception {
    long source = LEFT + RIGHT - target;
    String undisturbed = steps(node, source, target, -1, false);
    for (boolean flushed : new boolean[] {false, true}) {
      for (int at = 0; at < 12; at++) {
        Path disk = directory.resolve("disk-" + flushed + at);
        try (NodeUnderTest other = new NodeUnderTest(disk, new TreeMap<>())) {
          other.create(LEFT_SHARD, RIGHT_SHARD);
          assertThat(steps(other, source, target, at, flushed))
              .as("crash at step %d, flushed %s", at, flushed)
              .isEqualTo(undisturbed);
        }
      }
    }
  }

  private static String steps(
      NodeUnderTest node, long source, long target, int crashAt, boolean flushed) throws Exception {
    int[] step = {0};
    Step mayCrash =
        () -> {
          if (step[0]++ == crashAt) {
            if (flushed) {
              node.store.flush();
            }
            node.crash();
            node.catchUpAll();
          }
        };
    String sourceKey = source == LEFT ? "c" : "x";
    String targetKey = target == LEFT ? "c" : "x";
    run(node, source, next(node.shard(source), 1, 0).addWrites(write(1, increment(sourceKey, 1))));
    mayCrash.run();
    run(node, target, next(node.shard(target), 1, 0).addWrites(write(2, increment(targetKey, 1))));
    mayCrash.run();
    node.change(source, command(freezing(node.shard(source), node.shard(target))));
    mayCrash.run();
    run(node, source, next(node.shard(source), 1, 0).addWrites(write(3, increment(sourceKey, 1))));
    mayCrash.run();
    node.store.flush(); // settled
    mayCrash.run();
    node.change(target, command(absorbing(node.shard(target), node.shard(source))));
    mayCrash.run();
    Shard merged = node.shard(target);
    run(node, target, next(merged, 1, 0).addWrites(write(1, increment(sourceKey, 1))));
    mayCrash.run();
    run(node, target, next(merged, 1, 2).addWrites(write(3, increment(sourceKey, 1))));
    mayCrash.run();
    node.store.flush();
    assertThat(node.machine(target).durableShard()).hasValue(merged);
    node.dissolve(source);
    mayCrash.run();
    run(node, target, next(merged, 1, 0).addWrites(write(4, increment(sourceKey, 1))));
    mayCrash.run();
    run(node, target, next(merged, 2, 0).addWrites(write(1, batch(put("b", "1"), put("w", "2")))));
    mayCrash.run();
    run(node, target, next(merged, 2, 2).addWrites(write(2, increment(targetKey, 1))));
    mayCrash.run();
    return node.dump(target).toString();
  }

  private interface Step {
    void run() throws Exception;
  }

  /** What is kept at a start can be absorbed, opened or not: logs are applied in any order. */
  @Test
  void aSourceThatIsNotOpenedIsAbsorbed() throws Exception {
    run(RIGHT, 1, increment("x", 1));
    Shard frozen = freeze(RIGHT, LEFT);
    node.store.close();
    try (KvStore store = KvStore.open(directory.resolve("node"), KvStoreConfig.DEFAULT)) {
      store.deleteAllBut(store.found());
      KvStateMachine target = KvStateMachine.open(store, LEFT, node.machine(LEFT).generation());
      byte[] command = command(absorbing(LEFT_SHARD, frozen)).toByteArray();
      try (KvRound round = store.newRound()) {
        target.apply(List.of(new Entry(2, 2, Entry.Kind.COMMAND, command)), round);
        round.commit();
      }
      assertThat(target.reads(7).get(List.of(key("x")), 100).getValues(0).hasValue()).isTrue();
    }
  }

  // ---- what leaves

  @Test
  void theSourceLeavesItsDataToTheTarget() throws Exception {
    run(RIGHT, 1, put("x", "1"));
    merge(RIGHT, LEFT);
    Map<String, String> before = node.dump(LEFT);
    node.dissolve(RIGHT);
    assertThat(node.dump(LEFT)).isEqualTo(before);
    assertThat(node.store.found()).hasSize(1);
    node.restart();
    assertThat(node.dump(LEFT)).isEqualTo(before);
    node.dissolve(LEFT);
    assertThat(node.store.generations().all()).isEmpty();
  }

  /** The target's replica has left first, or went on from an image: then nobody has it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theSourceTakesItsDataAlongIfNobodyElseHasIt(boolean byImage) throws Exception {
    run(LEFT, 1, put("c", "1"));
    run(RIGHT, 2, put("x", "1"));
    merge(RIGHT, LEFT);
    if (byImage) {
      node.install(LEFT, node.machine(LEFT));
    } else {
      node.dissolve(LEFT);
    }
    assertThat(node.dump(RIGHT)).as("is left to the source").hasSize(4);
    node.dissolve(RIGHT);
    assertThat(node.store.generations().all()).hasSize(byImage ? 1 : 0);
    if (byImage) {
      assertThat(node.keys(LEFT, "b", "y")).containsExactly("c", "x");
    }
  }

  /** What the target has passed on by a split is not the source's either; opened or not. */
  @Test
  void theSourceLeavesItsDataToWhoWasCutOff() throws Exception {
    run(RIGHT, 1, put("n", "1"));
    run(RIGHT, 2, put("x", "1"));
    merge(RIGHT, LEFT);
    split(LEFT, "p", CHILD);
    node.dissolve(LEFT);
    node.dissolve(RIGHT);
    assertThat(node.keys(CHILD, "p", "y")).containsExactly("x");
    node.restart();
    assertThat(node.keys(CHILD, "p", "y")).containsExactly("x");
    assertThat(node.dump(CHILD)).hasSize(4);
    assertThat(node.store.found()).hasSize(1);
  }
}
