package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.NodeUnderTest.command;
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
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.Result.Status;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.kv.ThawEntry;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Frozen;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.port.StorageException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a step of a merge does to the shard that takes it, and when it is not taken. */
class FreezeTest extends TwoShards {
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

  /** Else the neighbour's log, which may say that it absorbs it, would find another shard here. */
  @Test
  void whoGoesOnAloneIsAsItWasFrozenAndJumpsWhenItThaws() throws Exception {
    Shard frozen = freeze(RIGHT, LEFT);
    Shard alone =
        Members.change(frozen, Membership.of(Members.first(RIGHT_SHARD).voters().subList(0, 1)));
    assertThat(alone.getEpoch().getConfVersion())
        .isEqualTo(frozen.getEpoch().getConfVersion() + Members.LOST_CHANGES_MAX);
    assertThat(Merge.isAsFrozen(alone, frozen)).isTrue();
    assertThat(Merge.thawed(alone).getEpoch().getVersion())
        .as("beyond what the lost may have made of it once it had thawed")
        .isEqualTo(frozen.getEpoch().getVersion() + Members.LOST_CHANGES_MAX + 1);
  }

  /** Whether who joins was told of it before or after. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoJoinsMeanwhileIsFrozenAsWell(boolean toldOfIt) throws Exception {
    Shard frozen = freeze(RIGHT, LEFT);
    NodeUnderTest other = new NodeUnderTest(directory.resolve("other"), new TreeMap<>());
    try (other) {
      other.join(toldOfIt ? frozen : RIGHT_SHARD, node.machine(RIGHT));
      assertThat(other.machine(RIGHT).frozen()).hasValue(frozen.getFrozen());
      other.crash();
      assertThat(other.machine(RIGHT).frozen()).hasValue(frozen.getFrozen());
    }
  }

  private void assertRefused(long shard, Command command, String why) throws Exception {
    Shard before = node.shard(shard);
    ChangeReply reply = node.change(shard, command);
    assertThat(reply.getRefusal()).contains(why);
    assertThat(reply.getShard()).isEqualTo(before).isEqualTo(node.shard(shard));
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
        frozen.toBuilder().setFrozen(frozen.getFrozen().toBuilder().setIndex(1)).build();
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
      if (source.equals(another)) {
        node.dissolve(RIGHT);
        node.restart();
      }
    }
  }

  /** It has the descriptor that it was ordered with, and nothing else yet. */
  @Test
  void whatWaitsForAnImageIsNotAbsorbed() throws Exception {
    Shard frozen = freeze(RIGHT, LEFT);
    node.dissolve(RIGHT);
    long waiting = node.store.create(List.of(frozen), 0).get(0);
    KvStateMachine.open(node.store, RIGHT, waiting);
    assertThatThrownBy(() -> node.change(LEFT, command(absorbing(LEFT_SHARD, frozen))))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("not here as it was frozen");
  }
}
