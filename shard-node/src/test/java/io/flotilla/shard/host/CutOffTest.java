package io.flotilla.shard.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.MembershipBytes;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.GroupSpec;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.shard.kv.KeyRange;
import io.flotilla.shard.kv.KvRound;
import io.flotilla.shard.kv.KvStateMachine;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import io.flotilla.shard.kv.Members;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Shards that begin where another one cuts them off, with a real store, and each crash between. */
class CutOffTest extends OneHost {
  private static final long CHILD = 20;

  private static final Shard PARENT =
      Shard.newBuilder()
          .setId(7)
          .setStart(key("b"))
          .setEnd(key("y"))
          .setEpoch(Epoch.newBuilder().setVersion(1).setConfVersion(1))
          .addReplicas(Replica.newBuilder().setNode(1).setReplica(71))
          .addReplicas(Replica.newBuilder().setNode(2).setReplica(72))
          .build();

  private static final SplitEntry SPLIT =
      SplitEntry.newBuilder()
          .setExpected(PARENT.getEpoch())
          .setAt(key("m"))
          .setNewShard(CHILD)
          .addNewReplicas(Replica.newBuilder().setNode(1).setReplica(201))
          .addNewReplicas(Replica.newBuilder().setNode(2).setReplica(202))
          .setPreferredLeader(202)
          .build();

  private static final Shard CUT_OFF =
      Shard.newBuilder()
          .setId(CHILD)
          .setStart(key("m"))
          .setEnd(key("y"))
          .setEpoch(Epoch.newBuilder().setVersion(2).setConfVersion(1))
          .addAllReplicas(SPLIT.getNewReplicasList())
          .setPreferredLeader(202)
          .build();

  private static final Shard REST =
      PARENT.toBuilder().setEnd(key("m")).setEpoch(CUT_OFF.getEpoch()).addCutOff(CUT_OFF).build();

  private void parentIsHere() throws Exception {
    host.offer(List.of(PARENT));
    put(7, 1, "c");
    put(7, 1, "x");
    store.flush();
  }

  private void split() throws Exception {
    apply(7, Command.newBuilder().setSplit(SPLIT).build());
  }

  /** Whether the parts of the data that are here are those. */
  private void assertData(long shard, String... keys) throws Exception {
    KvStateMachine state = opened.get(shard).state();
    Epoch epoch = state.shard().getEpoch();
    List<ByteString> all = List.of(key("c"), key("x"));
    assertThat(
            state.reads(epoch.getVersion()).get(all, 1000).getValuesList().stream()
                .filter(value -> value.hasValue())
                .count())
        .isEqualTo(keys.length);
    for (String key : keys) {
      assertThat(
              state.reads(epoch.getVersion()).get(List.of(key(key)), 1000).getValues(0).hasValue())
          .isTrue();
    }
  }

  private void assertBothAreHere() throws Exception {
    assertThat(opened).containsOnlyKeys(7L, CHILD);
    assertThat(opened.get(7L).state().shard()).isEqualTo(REST);
    assertThat(opened.get(CHILD).state().shard()).isEqualTo(CUT_OFF);
    assertData(CHILD, "c", "x"); // in one generation: the service looks at ranges
    assertThat(store.found()).hasSize(2);
  }

  @Test
  void beginsWithALogOfItsOwnOnWhatIsDurable() throws Exception {
    parentIsHere();
    split();
    assertThat(news).as("placement is to hear").hasValue(1);
    assertThat(opened).as("not by the thread that applies").containsOnlyKeys(7L);
    runOpener();
    assertThat(opened.get(CHILD).spec())
        .isEqualTo(
            new GroupSpec(
                new GroupId(CHILD),
                new ReplicaId(202),
                Members.first(CUT_OFF),
                KvStateMachine.BEGIN,
                opened.get(7L).spec().generation(),
                true));
    assertBothAreHere();
    crash();
    assertBothAreHere();
    assertThat(opened.get(CHILD).spec().begin()).as("its log says").isEqualTo(Position.ZERO);
  }

  /** Whoever is refused by what is left of the other one learns where to go, however soon. */
  @Test
  void isToldOfBeforeItIsOpen() throws Exception {
    parentIsHere();
    split();
    SplitEntry second =
        SPLIT.toBuilder()
            .setExpected(REST.getEpoch())
            .setAt(key("f"))
            .setNewShard(CHILD + 1)
            .clearNewReplicas()
            .addNewReplicas(Replica.newBuilder().setNode(1).setReplica(211))
            .addNewReplicas(Replica.newBuilder().setNode(2).setReplica(212))
            .setPreferredLeader(212)
            .build();
    apply(7, Command.newBuilder().setSplit(second).build());
    KeyRange asked = KeyRange.around(List.of(key("x")));
    assertThat(opened).containsOnlyKeys(7L);
    assertThat(host.staleEpoch(host.find(7), asked).getShardsList()).contains(CUT_OFF);
    runOpener();
    assertThat(host.staleEpoch(host.find(7), asked).getShardsList()).contains(CUT_OFF);
    opened.get(CHILD).group().removed.complete(null);
    assertThat(host.staleEpoch(host.find(7), asked).getShardsList())
        .as("it has left")
        .doesNotContain(CUT_OFF);
  }

  @Test
  void isOpenedAtTheNextStartIfACrashCameBefore() throws Exception {
    parentIsHere();
    split();
    store.flush();
    crash();
    assertBothAreHere();
    assertThat(opened.get(CHILD).spec().begin()).isEqualTo(KvStateMachine.BEGIN);
    assertThat(opened.get(CHILD).spec().self()).isEqualTo(new ReplicaId(202));
    runOpener();
    crash();
    assertBothAreHere();
  }

  @Test
  void isCutOffAgainIfACrashTookTheSplitBack() throws Exception {
    parentIsHere();
    split();
    crash();
    assertThat(opened).containsOnlyKeys(7L);
    assertThat(opened.get(7L).state().shard()).isEqualTo(PARENT);
    assertThat(host.offer(List.of(CUT_OFF))).as("it waits for its data").isZero();
    split();
    runOpener();
    assertBothAreHere();
    assertThat(host.offerWaiting()).isZero();
    assertBothAreHere();
  }

  /** A place on the map alone makes no replica: its data is still another's. */
  @Test
  void isNeitherFoundedNorJoinsWhileItsDataIsAnothers() throws Exception {
    parentIsHere();
    assertThat(host.offer(List.of(CUT_OFF))).isZero();
    host.join(CUT_OFF, CUT_OFF.getReplicas(1));
    assertThat(host.offerWaiting()).isZero();
    assertThat(opened).containsOnlyKeys(7L);
    opened.get(7L).group().removed.complete(null);
    assertThat(host.offerWaiting()).as("what should cut it off has left").isEqualTo(1);
    assertThat(opened.get(CHILD).spec().initial()).isEqualTo(Membership.of(List.of()));
    assertThat(opened.get(CHILD).spec().begin()).as("it joins").isEqualTo(Position.ZERO);
    assertThat(opened.get(CHILD).state().appliedIndex()).isZero();
  }

  /** Which is known to take no part, and so it is nobody's to wait for. */
  @Test
  void joinsWhereWhatShouldCutItOffWasStopped() throws Exception {
    parentIsHere();
    host.offer(List.of(CUT_OFF));
    opened.get(7L).group().stopped = Optional.of(new IllegalStateException("a bug"));
    assertThat(host.offerWaiting()).isEqualTo(1);
    assertThat(opened.get(CHILD).spec().begin()).as("it joins").isEqualTo(Position.ZERO);
    long its = opened.get(CHILD).spec().generation();
    crash();
    assertThat(opened.keySet()).as("whose keys overlap").containsExactlyInAnyOrder(7L, CHILD);
    split(); // which goes on where it was stopped
    runOpener();
    store.sweep();
    assertThat(opened.get(CHILD).spec().generation()).isEqualTo(its);
    assertThat(store.found()).hasSize(2);
    assertData(7, "c");
  }

  @Test
  void aReplicaThatIsOrderedHereDoesNotWaitForOneThatWasStopped() throws Exception {
    parentIsHere();
    host.join(CUT_OFF, CUT_OFF.getReplicas(1));
    assertThat(opened).containsOnlyKeys(7L);
    opened.get(7L).group().stopped = Optional.of(new IllegalStateException("a bug"));
    host.join(CUT_OFF, CUT_OFF.getReplicas(1));
    assertThat(opened.get(CHILD).spec().begin()).isEqualTo(Position.ZERO);
  }

  @Test
  void joinsWhereASnapshotTookThePlaceOfTheSplit() throws Exception {
    parentIsHere();
    host.offer(List.of(CUT_OFF));
    Path image = Files.createDirectory(directory.resolve("image"));
    KvStateMachine parent = opened.get(7L).state();
    try (KvStore elsewhere = KvStore.open(directory.resolve("elsewhere"), KvStoreConfig.DEFAULT)) {
      long generation = elsewhere.create(List.of(REST), 1).get(0);
      KvStateMachine other = KvStateMachine.open(elsewhere, 7, generation);
      try (StateImage now = other.image()) {
        parent.adopt(parent.load(image, now.writeTo(image)));
      }
    }
    assertThat(host.offerWaiting()).isEqualTo(1);
    assertThat(opened.get(CHILD).spec().begin()).isEqualTo(Position.ZERO);
    assertThat(host.offerWaiting()).isZero();
  }

  @Test
  void aShardOfALaterVersionIsNotFoundedEmpty() throws Exception {
    assertThat(host.offer(List.of(CUT_OFF))).isEqualTo(1);
    assertThat(opened.get(CHILD).spec().initial()).isEqualTo(Membership.of(List.of()));
    assertThat(opened.get(CHILD).spec().begin()).isEqualTo(Position.ZERO);
  }

  /** It came with an image, before the replica here that cuts it off. */
  @Test
  void isLeftAsItIsIfItIsHereAlready() throws Exception {
    host.offer(List.of(CUT_OFF));
    Opened before = opened.get(CHILD);
    parentIsHere();
    split();
    store.flush();
    runOpener();
    assertThat(opened.get(CHILD)).isSameAs(before);
    store.sweep();
    assertThat(store.found()).hasSize(2);
    assertData(7, "c");
    crash();
    assertThat(opened.get(CHILD).spec().generation()).isEqualTo(before.spec().generation());
    assertData(7, "c");
  }

  @Test
  void whatItsLogDoesNotNameIsNotTaken() throws Exception {
    host.offer(List.of(CUT_OFF));
    long its = opened.get(CHILD).spec().generation();
    parentIsHere();
    split();
    store.flush();
    crash(); // before the opener came to see that it is here
    assertThat(opened.get(CHILD).spec().generation()).isEqualTo(its);
    assertThat(store.found()).hasSize(2);
    assertData(7, "c");
  }

  @Test
  void staysAwayIfItHasLeftBefore() throws Exception {
    parentIsHere();
    lost.add(CHILD);
    split();
    runOpener();
    assertThat(opened).containsOnlyKeys(7L);
    store.sweep();
    assertData(7, "c");
    assertThat(store.found()).hasSize(1);
    crash();
    assertThat(opened).containsOnlyKeys(7L);
    store.sweep();
    assertThat(store.found()).hasSize(1);
  }

  @Test
  void leavesNoDataWhereItHasNoReplica() throws Exception {
    Shard elsewhere =
        PARENT.toBuilder().setReplicas(1, PARENT.getReplicas(1).toBuilder().setNode(3)).build();
    SplitEntry split =
        SPLIT.toBuilder().setNewReplicas(1, SPLIT.getNewReplicas(1).toBuilder().setNode(3)).build();
    // A learner that is to come here applies what was before it.
    long generation = store.create(List.of(elsewhere), 1).get(0);
    logs.put(new GroupId(7), log(74, generation));
    host.recover(logs);
    put(7, 1, "c");
    put(7, 1, "x");
    apply(7, Command.newBuilder().setSplit(split).build());
    store.flush();
    for (boolean again : new boolean[] {false, true}) {
      if (again) {
        crash();
      }
      runOpener();
      store.sweep();
      assertThat(opened).containsOnlyKeys(7L);
      assertThat(store.found()).hasSize(1);
      assertData(7, "c");
    }
  }

  @Test
  void whatLeavesTakesNothingOfTheOtherWithIt() throws Exception {
    for (long leaving : new long[] {7, CHILD}) {
      parentIsHere();
      split();
      runOpener();
      opened.get(leaving).group().removed.complete(null);
      logs.remove(new GroupId(leaving));
      store.sweep();
      long stays = leaving == 7 ? CHILD : 7;
      assertData(stays, leaving == 7 ? "x" : "c");
      lost.add(leaving); // as its tombstone says
      crash(); // which takes the deletion back
      store.sweep();
      assertThat(opened).containsOnlyKeys(stays);
      assertData(stays, leaving == 7 ? "x" : "c");
      assertThat(store.found()).hasSize(1);
      store.close();
      directory = directory.resolve("next");
      logs.clear();
      opened.clear();
      lost.clear();
      open();
    }
  }

  @Test
  void aLogWithoutItsStateIsNoGoodStart() throws Exception {
    parentIsHere();
    logs.put(new GroupId(CHILD), log(202, opened.get(7L).spec().generation()));
    assertThatThrownBy(this::crash)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("the log of shard 20 names generation");
  }

  @Test
  void whoIsStaleHearsOfBothSides() throws Exception {
    parentIsHere();
    split();
    HostedShard parent = host.find(7);
    KeyRange right = KeyRange.around(List.of(key("x")));
    ErrorDetail before = host.staleEpoch(parent, right);
    assertThat(before.getCode()).isEqualTo(ErrorCode.STALE_EPOCH.number());
    assertThat(before.getShardsList()).as("as it was cut off").containsExactly(REST, CUT_OFF);
    runOpener();
    Membership three =
        Membership.of(
            List.of(
                new Membership.Member(new ReplicaId(201), 1),
                new Membership.Member(new ReplicaId(202), 2),
                new Membership.Member(new ReplicaId(205), 5)));
    change(CHILD, three);
    assertThat(host.staleEpoch(parent, right).getShardsList())
        .as("as it is now")
        .containsExactly(REST, opened.get(CHILD).state().shard());
    assertThat(host.staleEpoch(host.find(CHILD), KeyRange.around(List.of(key("c"), key("x")))))
        .extracting(ErrorDetail::getShardsList)
        .isEqualTo(List.of(opened.get(CHILD).state().shard(), REST));
  }

  private void change(long shard, Membership members) throws Exception {
    KvStateMachine state = opened.get(shard).state();
    try (KvRound round = store.newRound()) {
      state.apply(
          List.of(
              new Entry(
                  state.appliedIndex() + 1,
                  2,
                  Entry.Kind.MEMBERSHIP,
                  MembershipBytes.encode(members))),
          round);
      round.commit();
    }
  }
}
