package io.flotilla.shard.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.proto.kv.AbsorbEntry;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.FenceEntry;
import io.flotilla.proto.kv.FreezeEntry;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.kv.ThawEntry;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus.PeerState;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StorageException;
import io.flotilla.shard.kv.KeyRange;
import io.flotilla.shard.kv.KvStateMachine;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A shard absorbs its neighbour on a node with a real store, with each crash between. */
class LeavingsTest extends OneHost {
  private static final Shard TARGET = shard(8, "a", "g");
  private static final Shard SOURCE = shard(7, "g", "p");

  private static Shard shard(long id, String start, String end) {
    return Shard.newBuilder()
        .setId(id)
        .setKeyspace(1)
        .setStart(key(start))
        .setEnd(key(end))
        .setEpoch(epoch(1))
        .addReplicas(Replica.newBuilder().setNode(1).setReplica(10 * id + 1))
        .addReplicas(Replica.newBuilder().setNode(2).setReplica(10 * id + 2))
        .addReplicas(Replica.newBuilder().setNode(3).setReplica(10 * id + 3))
        .build();
  }

  private static Epoch epoch(long version) {
    return Epoch.newBuilder().setVersion(version).setConfVersion(1).build();
  }

  @BeforeEach
  void bothAreHere() throws Exception {
    host.offer(List.of(SOURCE, TARGET));
    put(8, "c");
    put(7, "k");
    store.flush();
    map(true, SOURCE, TARGET);
  }

  private void map(boolean complete, Shard... shards) {
    host.learn(complete, List.of(shards), List.of());
  }

  // ---- what the logs say

  private void put(long shard, String key) throws Exception {
    put(shard, now(shard).getEpoch().getVersion(), key);
  }

  private void freeze() throws Exception {
    FreezeEntry entry =
        FreezeEntry.newBuilder()
            .setExpected(now(7).getEpoch())
            .setInto(8)
            .setIntoEpoch(now(8).getEpoch())
            .build();
    apply(7, Command.newBuilder().setFreeze(entry).build());
    assertThat(now(7).hasFrozen()).isTrue();
  }

  private void absorb(Shard source) throws Exception {
    AbsorbEntry entry =
        AbsorbEntry.newBuilder().setExpected(now(8).getEpoch()).setSource(source).build();
    apply(8, Command.newBuilder().setAbsorb(entry).build());
    assertThat(KeyRange.of(now(8))).isEqualTo(new KeyRange(TARGET.getStart(), SOURCE.getEnd()));
  }

  /** The source, whose frozen state is durable. */
  private Shard frozen() throws Exception {
    freeze();
    store.flush();
    return now(7);
  }

  private void fence() throws Exception {
    FenceEntry entry = FenceEntry.newBuilder().setExpected(now(8).getEpoch()).build();
    apply(8, Command.newBuilder().setFence(entry).build());
  }

  private void thaw() throws Exception {
    ThawEntry entry = ThawEntry.newBuilder().setExpected(now(7).getEpoch()).build();
    apply(7, Command.newBuilder().setThaw(entry).build());
  }

  private HeldGroup group(long shard) {
    return opened.get(shard).group();
  }

  /** The replica's log is gone. */
  private void gone(long shard) {
    group(shard).removed.complete(null);
    logs.remove(new GroupId(shard));
    opened.remove(shard);
    lost.add(shard); // as its tombstone says
  }

  private void tidy() throws StorageException {
    host.tendMerges();
    store.sweep();
  }

  /** One shard has all, and nothing is left of the other but what it has absorbed. */
  private void assertMerged() throws Exception {
    assertThat(host.hosted(7)).isEmpty();
    assertThat(store.found()).extracting(found -> found.shard().getId()).containsExactly(8L);
    assertData();
  }

  private void assertData() throws Exception {
    KvStateMachine state = opened.get(8L).state();
    assertThat(
            state
                .reads(state.shard().getEpoch().getVersion())
                .get(List.of(key("c"), key("k")), 1000)
                .getValuesList())
        .allSatisfy(value -> assertThat(value.hasValue()).isTrue());
  }

  // ---- freezing and settling

  @Test
  void whatFreezesIsMadeDurableAndReported() throws Exception {
    freeze();
    assertThat(group(7).flushes).isEqualTo(1);
    assertThat(news).hasValueGreaterThan(0);
    group(7).durablyApplied = now(7).getFrozen().getIndex() - 1;
    host.tendMerges();
    assertThat(group(7).flushes).as("one that came during another").isEqualTo(2);
    group(7).durablyApplied++;
    host.tendMerges();
    assertThat(group(7).flushes).isEqualTo(2);
  }

  @Test
  void itHasSettledWhenAllItsReplicasHaveAppliedItForGood() throws Exception {
    HostedShard source = host.find(7);
    group(7).role = RoleName.LEADER;
    assertThat(source.isSettled()).as("it is not frozen").isFalse();
    freeze();
    long index = now(7).getFrozen().getIndex();
    group(7).durablyApplied = index;
    assertThat(source.isSettled()).as("nobody was heard").isFalse();
    group(7).peers = List.of(peer(71, index), peer(73, index - 1));
    assertThat(source.isSettled()).as("a majority is not all").isFalse();
    group(7).peers = List.of(peer(71, index), peer(74, index));
    assertThat(source.isSettled()).as("another one").isFalse();
    group(7).peers = List.of(peer(71, index), peer(73, index + 1));
    assertThat(source.isSettled()).isTrue();
    group(7).durablyApplied = index - 1;
    assertThat(source.isSettled()).as("the leader itself").isFalse();
    group(7).durablyApplied = index;
    group(7).role = RoleName.FOLLOWER;
    assertThat(source.isSettled()).as("who does not lead cannot tell").isFalse();
  }

  private static PeerStatus peer(long replica, long durablyApplied) {
    return new PeerStatus(
        new ReplicaId(replica), 99, 99, durablyApplied, PeerState.REPLICATE, true);
  }

  // ---- dissolving

  @Test
  void itEndsOnceTheMapHasAnotherInItsPlaceAndThatOneWouldKnowAfterACrash() throws Exception {
    absorb(frozen());
    host.tendMerges();
    assertThat(group(7).dissolved).as("it is on the map").isZero();
    map(true, now(8));
    host.tendMerges();
    assertThat(group(7).dissolved).as("a crash would take the absorption back").isZero();
    assertThat(group(8).flushes).as("asked by who absorbed, and by who waits").isEqualTo(2);
    store.flush();
    host.tendMerges();
    assertThat(group(7).dissolved).isEqualTo(1);
    gone(7);
    tidy();
    assertMerged();
    store.flush();
    crash();
    assertMerged();
  }

  @Test
  void aMapThatHasItEndsNothing() throws Exception {
    absorb(frozen());
    store.flush();
    map(true, now(7), now(8));
    host.tendMerges();
    map(true, SOURCE, TARGET);
    host.tendMerges();
    map(true, TARGET);
    host.tendMerges();
    assertThat(group(7).dissolved).isZero();
  }

  /** It was removed while it could not be reached, and nobody is left who could tell it so. */
  @Test
  void aReplicaThatWasForgottenEndsToo() throws Exception {
    host.learn(
        false,
        List.of(TARGET.toBuilder().setEnd(key("p")).setEpoch(epoch(3)).build()),
        List.of(7L));
    host.tendMerges();
    assertThat(group(7).dissolved).isEqualTo(1);
  }

  @Test
  void itEndsWhereWhoAbsorbedItIsNot() throws Exception {
    frozen();
    gone(8);
    host.tendMerges();
    map(true, TARGET.toBuilder().setEnd(key("p")).setEpoch(epoch(3)).build());
    host.tendMerges();
    assertThat(group(7).dissolved).isEqualTo(1);
    gone(7);
    tidy();
    assertThat(store.found()).isEmpty();
  }

  /** Its data is in that image; what it had here nobody has any more. */
  @Test
  void itsDataGoesWithItWhereAnImageTookThePlaceOfAbsorbingIt() throws Exception {
    Shard source = frozen();
    Path image = Files.createDirectory(directory.resolve("image"));
    KvStateMachine target = opened.get(8L).state();
    try (KvStore elsewhere = KvStore.open(directory.resolve("elsewhere"), KvStoreConfig.DEFAULT)) {
      Shard united =
          TARGET.toBuilder()
              .setEnd(key("p"))
              .setEpoch(epoch(source.getEpoch().getVersion() + 1))
              .build();
      long generation = elsewhere.create(List.of(united), 9).get(0);
      try (StateImage now = KvStateMachine.open(elsewhere, 8, generation).image()) {
        target.adopt(target.load(image, now.writeTo(image)));
      }
    }
    assertThat(target.holds(opened.get(7L).state().generation(), KeyRange.of(SOURCE))).isFalse();
    map(true, now(8));
    host.tendMerges();
    assertThat(group(7).dissolved).isEqualTo(1);
    gone(7);
    tidy();
    assertThat(store.found()).extracting(found -> found.shard().getId()).containsExactly(8L);
  }

  /** The one that absorbed it was cut in two since, and its keys are another one's. */
  @Test
  void itEndsAlthoughItsKeysHaveGoneOn() throws Exception {
    absorb(frozen());
    SplitEntry split =
        SplitEntry.newBuilder()
            .setExpected(now(8).getEpoch())
            .setAt(key("g"))
            .setNewShard(20)
            .addNewReplicas(Replica.newBuilder().setNode(1).setReplica(201))
            .addNewReplicas(Replica.newBuilder().setNode(2).setReplica(202))
            .addNewReplicas(Replica.newBuilder().setNode(3).setReplica(203))
            .build();
    apply(8, Command.newBuilder().setSplit(split).build());
    store.flush();
    map(true, now(8), now(8).getCutOff(0));
    host.tendMerges();
    assertThat(group(7).dissolved).isEqualTo(1);
    gone(7);
    tidy(); // before what was cut off is opened
    runOpener();
    KvStateMachine cutOff = opened.get(20L).state();
    assertThat(
            cutOff
                .reads(cutOff.shard().getEpoch().getVersion())
                .get(List.of(key("k")), 9)
                .getValues(0)
                .hasValue())
        .isTrue();
  }

  /**
   * Who absorbed it was cut off from another before, whose replica here is behind. Then it begins
   * here and finds all of its log.
   */
  @Test
  void itStaysForOneThatIsYetToBeCutOffHere() throws Exception {
    Shard parent = shard(30, "p", "v");
    host.offer(List.of(parent, shard(31, "v", "z")));
    FreezeEntry freeze =
        FreezeEntry.newBuilder()
            .setExpected(now(31).getEpoch())
            .setInto(32)
            .setIntoEpoch(epoch(2))
            .build();
    apply(31, Command.newBuilder().setFreeze(freeze).build());
    store.flush();
    Shard united = shard(32, "s", "z").toBuilder().setEpoch(epoch(3)).build();
    Shard rest = parent.toBuilder().setEnd(key("s")).setEpoch(epoch(2)).build();
    map(true, SOURCE, TARGET, rest, united);
    host.tendMerges();
    assertThat(group(31).dissolved).as("it may be cut off").isZero();
    SplitEntry split =
        SplitEntry.newBuilder()
            .setExpected(parent.getEpoch())
            .setAt(key("s"))
            .setNewShard(32)
            .addNewReplicas(Replica.newBuilder().setNode(1).setReplica(321))
            .addNewReplicas(Replica.newBuilder().setNode(2).setReplica(322))
            .addNewReplicas(Replica.newBuilder().setNode(3).setReplica(323))
            .build();
    apply(30, Command.newBuilder().setSplit(split).build());
    host.tendMerges();
    assertThat(group(31).dissolved).as("it is cut off and not opened").isZero();
    runOpener();
    host.tendMerges();
    assertThat(group(31).dissolved).as("it has not come so far").isZero();
    AbsorbEntry absorb = AbsorbEntry.newBuilder().setExpected(epoch(2)).setSource(now(31)).build();
    apply(32, Command.newBuilder().setAbsorb(absorb).build());
    assertThat(KeyRange.of(now(32))).isEqualTo(KeyRange.of(united));
    store.flush();
    host.tendMerges();
    assertThat(group(31).dissolved).isEqualTo(1);
  }

  // ---- crashes

  @Test
  void aCrashBeforeItIsDurableTakesTheFreezeBack() throws Exception {
    freeze();
    crash();
    assertThat(now(7)).isEqualTo(SOURCE);
    absorb(frozen());
    assertData();
  }

  @Test
  void aCrashTakesTheAbsorptionBackAndItIsDoneAgain() throws Exception {
    Shard source = frozen();
    absorb(source);
    crash();
    assertThat(now(8)).isEqualTo(TARGET);
    assertThat(now(7)).isEqualTo(source);
    absorb(source);
    assertData();
    store.flush();
    crash();
    assertThat(opened).containsOnlyKeys(7L, 8L);
    assertData();
    map(true, now(8));
    host.tendMerges();
    assertThat(group(7).dissolved).isEqualTo(1);
  }

  /** Its log is gone for good, its state only for as long as nothing crashes. */
  @Test
  void aCrashTakesTheEndOfItsStateBackAndItEndsAgain() throws Exception {
    absorb(frozen());
    store.flush();
    map(true, now(8));
    host.tendMerges();
    gone(7);
    tidy();
    crash();
    assertThat(opened).containsOnlyKeys(8L);
    assertData();
    tidy();
    map(true, now(8));
    tidy();
    assertMerged();
    store.flush();
    crash();
    assertMerged();
  }

  // ---- lost or removed while frozen

  @Test
  void aFrozenStateStaysForWhoIsToAbsorbItWhenItsReplicaIsGone() throws Exception {
    Shard source = frozen();
    gone(7);
    tidy();
    assertThat(host.holdsFrozen(source)).isTrue();
    crash();
    assertThat(opened).containsOnlyKeys(8L);
    tidy();
    assertThat(host.holdsFrozen(source)).isTrue();
    absorb(source);
    assertData();
    map(true, now(8));
    tidy();
    assertThat(host.holdsFrozen(source)).as("a crash would have it absorbed again").isTrue();
    crash();
    absorb(source);
    store.flush();
    map(true, now(8));
    tidy();
    assertThat(host.holdsFrozen(source)).isFalse();
    assertMerged();
  }

  /** Its log is found damaged. */
  @Test
  void soDoesThatOfOneThatIsLostAtAStart() throws Exception {
    Shard source = frozen();
    lost.add(7L);
    crash();
    assertThat(opened).containsOnlyKeys(8L);
    tidy();
    absorb(source);
    assertData();
  }

  @Test
  void whatHasThawedIsNotKeptAnyMore() throws Exception {
    Shard source = frozen();
    fence();
    thaw();
    Shard thawed = now(7);
    assertThat(thawed.getEpoch().getVersion()).isEqualTo(source.getEpoch().getVersion() + 1);
    put(7, "l");
    crash(); // as it was frozen
    gone(7);
    map(true, source, TARGET);
    tidy();
    assertThat(host.holdsFrozen(source)).as("not as far as the map says").isTrue();
    map(false, thawed);
    tidy();
    assertThat(host.holdsFrozen(source)).isFalse();
    assertThat(store.found()).extracting(found -> found.shard().getId()).containsExactly(8L);
  }

  @Test
  void whoIsRoutedToItHearsOfWhoHasItsKeysNow() throws Exception {
    Shard source = frozen();
    HostedShard hosted = host.find(7);
    KeyRange asked = KeyRange.around(List.of(key("k")));
    assertThat(host.isReplaced(hosted)).isFalse();
    assertThat(host.staleEpoch(hosted, asked).getShardsList()).containsExactly(source);
    absorb(source);
    assertThat(host.isReplaced(hosted)).isTrue();
    assertThat(host.staleEpoch(hosted, asked).getShardsList()).containsExactly(now(8));
    assertThat(host.staleEpoch(host.find(8), asked).getShardsList()).containsExactly(now(8));
  }

  @Test
  void nothingIsAbsorbedOfOneThatWaitsForAnImage() throws Exception {
    Shard source = frozen();
    gone(7);
    lost.clear();
    map(true, TARGET.toBuilder().setEnd(key("p")).setEpoch(epoch(9)).build());
    gone(8);
    tidy();
    assertThat(host.holdsFrozen(source)).isFalse();
    lost.clear();
    host.join(source, Replica.newBuilder().setNode(NODE).setReplica(75).build());
    host.join(TARGET, Replica.newBuilder().setNode(NODE).setReplica(85).build());
    assertThat(now(7)).as("by its descriptor it is frozen").isEqualTo(source);
    assertThatThrownBy(() -> absorb(source))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("which is not here as it was frozen");
  }

  /** It has the descriptor that it was ordered with, and nothing else. */
  @Test
  void whoWaitsForAnImageIsNotFrozen() throws Exception {
    Shard source = frozen();
    gone(7);
    lost.clear();
    host.join(source, Replica.newBuilder().setNode(NODE).setReplica(75).build());
    assertThat(host.find(7).isDurablyFrozen()).isFalse();
    assertThat(host.holdsFrozen(source)).as("of the one before").isTrue();
    store.flush();
    crash();
    assertThat(opened.get(7L).state().appliedIndex()).isZero();
    absorb(source);
    assertData();
    gone(7);
    tidy();
    assertThat(store.found()).as("and so it leaves nothing frozen").hasSize(2);
  }
}
