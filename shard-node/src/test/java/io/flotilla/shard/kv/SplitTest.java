package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.Operations.increment;
import static io.flotilla.shard.kv.Operations.put;
import static io.flotilla.shard.kv.ShardUnderTest.entry;
import static io.flotilla.shard.kv.ShardUnderTest.key;
import static io.flotilla.shard.kv.ShardUnderTest.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.Result.Status;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one entry makes of a shard: two of them, of which nothing is missing and nothing shared. */
class SplitTest {
  private static final long CHILD = 20;
  private static final int NEXT = ShardUnderTest.VERSION + 1;
  private static final Shard PARENT =
      ShardUnderTest.descriptor().toBuilder()
          .addReplicas(replica(1, 71))
          .addReplicas(replica(2, 72))
          .addReplicas(replica(3, 73).toBuilder().setRole(ReplicaRole.LEARNER))
          .setPreferredLeader(71)
          .build();
  private static final SplitEntry SPLIT =
      SplitEntry.newBuilder()
          .setExpected(PARENT.getEpoch())
          .setAt(key("m"))
          .setNewShard(CHILD)
          .addNewReplicas(replica(1, 201))
          .addNewReplicas(replica(2, 202))
          .addNewReplicas(replica(3, 203).toBuilder().setRole(ReplicaRole.LEARNER))
          .setPreferredLeader(202)
          .build();
  private static final Shard CUT_OFF =
      Shard.newBuilder()
          .setId(CHILD)
          .setKeyspace(1)
          .setStart(key("m"))
          .setEnd(key("y"))
          .setEpoch(Epoch.newBuilder().setVersion(NEXT).setConfVersion(1))
          .addAllReplicas(SPLIT.getNewReplicasList())
          .setPreferredLeader(202)
          .build();
  private static final Shard REST =
      PARENT.toBuilder().setEnd(key("m")).setEpoch(CUT_OFF.getEpoch()).addCutOff(CUT_OFF).build();

  @TempDir Path directory;
  private ShardUnderTest shard;
  private final List<Long> told = new ArrayList<>();

  private static Replica replica(long node, long id) {
    return Replica.newBuilder().setNode(node).setReplica(id).build();
  }

  @BeforeEach
  void open() throws Exception {
    shard = new ShardUnderTest(directory.resolve("shard"), PARENT);
    shard.machine.onCutOff((cutOff, generation) -> told.add(cutOff));
  }

  @AfterEach
  void close() throws Exception {
    shard.close();
  }

  private ChangeReply split(SplitEntry entry) throws Exception {
    return ChangeReply.parseFrom(shard.apply(command(entry)));
  }

  private static byte[] command(SplitEntry entry) {
    return Command.newBuilder().setSplit(entry).build().toByteArray();
  }

  private KvStateMachine child() throws Exception {
    return KvStateMachine.open(shard.store, CHILD, shard.generation);
  }

  private static WriteEntry.Builder next(long client, long ackedBelow) {
    return entry(client, ackedBelow).setVersion(NEXT);
  }

  private Result run(KvStateMachine machine, WriteEntry.Builder entry) throws Exception {
    try (KvRound round = shard.store.newRound()) {
      byte[] command = ShardUnderTest.bytes(entry.build());
      Entry at = new Entry(machine.appliedIndex() + 1, 2, Entry.Kind.COMMAND, command);
      byte[] result = machine.apply(List.of(at), round).get(0);
      round.commit();
      return WriteReply.parseFrom(result).getResults(0);
    }
  }

  private static List<String> keys(KvStateMachine machine, String from, String to)
      throws Exception {
    KeyRange range = new KeyRange(key(from), key(to));
    return machine
        .reads(machine.shard().getEpoch().getVersion())
        .scan(new KvReads.Scan(range, false, 100, 1 << 20, true, false, 0))
        .getPairsList()
        .stream()
        .map(pair -> pair.getKey().substring(4).toStringUtf8())
        .toList();
  }

  @Test
  void makesTwoOfOne() throws Exception {
    shard.run(1, put("c", "1"));
    shard.run(2, put("m", "2"));
    shard.run(3, put("x", "3"));
    ChangeReply reply = split(SPLIT);
    assertThat(reply.getRefusal()).isEmpty();
    assertThat(reply.getShard()).isEqualTo(REST).isEqualTo(shard.machine.shard());
    assertThat(told).containsExactly(CHILD);
    KvStateMachine child = child();
    assertThat(child.shard()).isEqualTo(CUT_OFF);
    assertThat(child.appliedIndex()).isEqualTo(KvStateMachine.BEGIN.index());
    assertThat(keys(shard.machine, "b", "m")).containsExactly("c");
    assertThat(keys(child, "m", "y")).containsExactly("m", "x");
    assertThat(run(child, next(1, 0).addWrites(write(4, put("l", "4")))).getStatus())
        .isEqualTo(Status.WRONG_SHARD);
    assertThat(run(shard.machine, next(1, 0).addWrites(write(4, put("m", "4")))).getStatus())
        .isEqualTo(Status.WRONG_SHARD);
    assertThat(run(child, next(1, 0).addWrites(write(4, put("m", "4")))).getStatus())
        .isEqualTo(Status.OK);
  }

  /** Who routed by the version before need not know which half the key is in now. */
  @Test
  void whatFollowsInTheSameRoundMeetsTheNextVersion() throws Exception {
    byte[] before = ShardUnderTest.bytes(entry(1, 0).addWrites(write(1, put("c", "1"))).build());
    byte[] after = ShardUnderTest.bytes(entry(1, 0).addWrites(write(2, put("d", "1"))).build());
    byte[] again = ShardUnderTest.bytes(next(1, 0).addWrites(write(3, put("e", "1"))).build());
    List<byte[]> results = shard.applyTogether(List.of(before, command(SPLIT), after, again));
    assertThat(List.of(0, 2, 3))
        .extracting(i -> WriteReply.parseFrom(results.get(i)).getResults(0).getStatus())
        .containsExactly(Status.OK, Status.WRONG_SHARD, Status.OK);
    assertThat(keys(shard.machine, "b", "m")).containsExactly("c", "e");
  }

  private static SplitEntry with(Consumer<SplitEntry.Builder> change) {
    SplitEntry.Builder changed = SPLIT.toBuilder();
    change.accept(changed);
    return changed.build();
  }

  @Test
  void isLeftAloneIfAnythingDoesNotFit() throws Exception {
    Epoch epoch = PARENT.getEpoch();
    Map<SplitEntry, String> refused =
        Map.ofEntries(
            Map.entry(
                with(s -> s.setExpected(epoch.toBuilder().setVersion(2))),
                "it was to be split at version 2.1, and is at version 3.1"),
            Map.entry(
                with(s -> s.setExpected(epoch.toBuilder().setConfVersion(2))),
                "it was to be split at version 3.2, and is at version 3.1"),
            Map.entry(with(s -> s.setAt(key("b"))), "not within its range"),
            Map.entry(with(s -> s.setAt(key("y"))), "not within its range"),
            Map.entry(with(s -> s.setAt(key("a"))), "not within its range"),
            Map.entry(with(s -> s.setAt(ByteString.EMPTY)), "not within its range"),
            Map.entry(with(s -> s.setNewShard(0)), "has id 0"),
            Map.entry(with(s -> s.setNewShard(ShardUnderTest.ID)), "has id 7"),
            Map.entry(with(s -> s.removeNewReplicas(1)), "not every node has a new replica"),
            Map.entry(with(s -> s.addNewReplicas(replica(4, 204))), "204 on node 4"),
            Map.entry(with(s -> s.addNewReplicas(replica(1, 205))), "205 on node 1"),
            Map.entry(with(s -> s.setNewReplicas(2, replica(3, 203))), "203 on node 3, VOTER"),
            Map.entry(with(s -> s.setNewReplicas(1, replica(2, 201))), "201 on node 2"),
            Map.entry(with(s -> s.setNewReplicas(1, replica(2, 0))), "0 on node 2"));
    for (Map.Entry<SplitEntry, String> one : refused.entrySet()) {
      ChangeReply reply = split(one.getKey());
      assertThat(reply.getRefusal()).contains(one.getValue());
      assertThat(reply.getShard()).isEqualTo(PARENT);
    }
    assertThat(shard.machine.shard()).isEqualTo(PARENT);
    assertThat(shard.machine.appliedIndex()).isEqualTo(refused.size());
    assertThat(told).isEmpty();
    assertThat(shard.store.found()).hasSize(1);
    assertThat(split(SPLIT).getRefusal()).isEmpty();
    assertThat(split(SPLIT).getRefusal()).as("once").contains("and is at version 4.1");
  }

  @Test
  void isLeftAloneWhileItsMembersChange() {
    Shard joint =
        PARENT.toBuilder()
            .setReplicas(1, replica(2, 72).toBuilder().setRole(ReplicaRole.OUTGOING))
            .build();
    assertThat(Split.refusal(joint, SPLIT)).hasValue("its members are being changed");
  }

  /** Whether the first attempt was answered or not: its record is where the key is. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRetryIsAnsweredByWhoeverHasTheKeyNow(boolean afterACrash) throws Exception {
    Result left = shard.run(1, increment("c", 1));
    Result right = shard.run(2, increment("x", 5));
    split(SPLIT);
    if (afterACrash) {
      assertThat(shard.crashAndReplay()).isEqualTo(3);
    }
    KvStateMachine child = child();
    for (int i = 0; i < 2; i++) {
      assertThat(run(shard.machine, next(1, 0).addWrites(write(1, increment("c", 1)))))
          .isEqualTo(left);
      assertThat(run(child, next(1, 0).addWrites(write(2, increment("x", 5))))).isEqualTo(right);
    }
    assertThat(run(child, next(1, 0).addWrites(write(3, increment("x", 5)))).getNumber())
        .isEqualTo(10);
  }

  /** In the round that splits, the records are not on disk yet. */
  @Test
  void aRetryIsAnsweredThoughTheFirstCameInTheRoundThatSplit() throws Exception {
    byte[] first = ShardUnderTest.bytes(entry(1, 0).addWrites(write(1, increment("x", 1))).build());
    byte[] result = shard.applyTogether(List.of(first, command(SPLIT))).get(0);
    assertThat(run(child(), next(1, 0).addWrites(write(1, increment("x", 1)))))
        .isEqualTo(WriteReply.parseFrom(result).getResults(0));
  }

  /**
   * What the shard goes on with in memory must be what a restart would read: who replays may not
   * decide otherwise. The newest record of a client, which says what it has acknowledged and how
   * long it lives, may be in the other half.
   */
  @Test
  void whatIsRememberedOfClientsIsWhatARestartWouldFind() throws Exception {
    shard.run(entry(1, 0).setNotAfterMillis(100).addWrites(write(1, put("c", "1"))));
    shard.run(entry(1, 0).setNotAfterMillis(900).addWrites(write(2, put("x", "1"))));
    shard.run(entry(2, 0).setNotAfterMillis(900).addWrites(write(1, put("x", "1"))));
    shard.run(entry(2, 0).setNotAfterMillis(900).addWrites(write(2, put("c", "1"))));
    split(SPLIT);
    shard.store.flush();
    try (ShardUnderTest restarted = new ShardUnderTest(directory.resolve("again"), PARENT)) {
      for (Entry entry : shard.log()) {
        restarted.apply(entry.payload());
      }
      restarted.restart();
      for (ShardUnderTest each : List.of(shard, restarted)) {
        each.apply(
            ShardUnderTest.bytes(
                next(3, 0).setLogTimeMillis(101).addWrites(write(1, put("d", "1"))).build()));
        each.apply(
            ShardUnderTest.bytes(
                next(2, 3).setLogTimeMillis(102).addWrites(write(3, put("d", "1"))).build()));
      }
      assertThat(restarted.dump()).isEqualTo(shard.dump());
    }
  }

  @Test
  void clientsGoOnThoughIndexesBeginAnew() throws Exception {
    for (int seq = 1; seq <= 20; seq++) {
      shard.run(seq, put("x" + seq, "1"));
    }
    split(SPLIT);
    KvStateMachine child = child();
    long later = 2 * ShardUnderTest.LATER;
    WriteEntry.Builder first =
        next(1, 21).setNotAfterMillis(later).addWrites(write(21, increment("x", 1)));
    assertThat(run(child, first).getStatus()).isEqualTo(Status.OK);
    assertThat(child.state().sessions().find(new ClientId(0, 1)).size())
        .as("the acknowledged ones are forgotten")
        .isEqualTo(1);
    // Another client takes log time beyond what the first one's older writes had said.
    run(
        child,
        next(2, 0)
            .setLogTimeMillis(ShardUnderTest.LATER + 1)
            .setNotAfterMillis(later)
            .addWrites(write(1, put("w", "1"))));
    Result retried = run(child, first);
    assertThat(retried.getNumber()).as("it is not executed twice").isEqualTo(1);
  }

  @Test
  void logTimeIsInherited() throws Exception {
    shard.run(entry(1, 0).setLogTimeMillis(500).addWrites(write(1, put("x", "1"))));
    split(SPLIT);
    WriteEntry.Builder late = next(2, 0).setNotAfterMillis(499).addWrites(write(1, put("x", "2")));
    assertThat(run(child(), late).getStatus()).isEqualTo(Status.SESSION_EXPIRED);
  }

  /** Both, or neither: a crash finds no half of it. */
  @Test
  void isOneBatch() throws Exception {
    try (ShardUnderTest staged = new ShardUnderTest(directory.resolve("staged"), PARENT);
        KvRound round = staged.store.newRound()) {
      staged.machine.apply(List.of(new Entry(1, 1, Entry.Kind.COMMAND, command(SPLIT))), round);
      for (long id : new long[] {ShardUnderTest.ID, CHILD}) {
        assertThat(round.get(KvKeys.descriptor(staged.generation, id))).isNotNull();
        assertThat(round.get(KvKeys.progress(staged.generation, id)))
            .isEqualTo(new Progress(1, 0).encode());
      }
    }
    shard.run(1, put("x", "1"));
    shard.store.flush();
    split(SPLIT);
    shard.store.kill();
    shard.reopen();
    assertThat(shard.machine.shard()).as("rolled back").isEqualTo(PARENT);
    assertThat(shard.store.found()).hasSize(1);
    shard.replay();
    assertThat(child().shard()).isEqualTo(CUT_OFF);
    shard.store.flush();
    shard.store.kill();
    shard.reopen();
    assertThat(shard.machine.shard()).isEqualTo(REST);
    assertThat(child().shard()).isEqualTo(CUT_OFF);
  }

  @Test
  void aReadThatWasAdmittedBeforeIsRefusedAfterwards() throws Exception {
    shard.run(1, put("x", "1"));
    KvReads before = shard.machine.reads(ShardUnderTest.VERSION);
    assertThat(before.get(List.of(key("x")), 100).getValues(0).getValue().toStringUtf8())
        .isEqualTo("1");
    split(SPLIT);
    run(child(), next(1, 0).addWrites(write(2, put("x", "2"))));
    assertThatThrownBy(() -> before.get(List.of(key("x")), 100))
        .isInstanceOf(StaleVersionException.class)
        .hasMessage("shard 7 has version 4, the read was routed by version 3");
  }

  /**
   * An image holds what its shard has, and a shard that is replaced by one takes no more with it.
   */
  @Test
  void imagesAreOfOneHalf() throws Exception {
    shard.run(1, increment("c", 1));
    shard.run(2, increment("x", 5));
    shard.store.flush();
    split(SPLIT);
    KvStateMachine child = child();
    run(child, next(1, 0).addWrites(write(3, put("n", "1"))));
    long left = reload(shard.machine);
    long right = reload(child);
    assertThat(shard.machine.shard()).isEqualTo(REST);
    assertThat(child.shard()).isEqualTo(CUT_OFF);
    assertThat(keys(shard.machine, "b", "m")).containsExactly("c");
    assertThat(keys(child, "m", "y")).containsExactly("n", "x");
    assertThat(shard.dump(left).keySet()).as("2 records of each half").hasSize(4);
    assertThat(shard.dump(right).keySet()).hasSize(6);
    assertThat(run(child, next(1, 0).addWrites(write(2, increment("x", 5)))).getNumber())
        .isEqualTo(5);
    assertThat(shard.dump(shard.generation)).as("both have left").isEmpty();
  }

  /** As a snapshot from another replica would. */
  private long reload(KvStateMachine machine) throws Exception {
    Path image = Files.createTempDirectory(directory, "image");
    try (StateImage now = machine.image()) {
      List<SnapshotFile> files = now.writeTo(image);
      long loaded = machine.load(image, files);
      machine.adopt(loaded);
      shard.store.sweep();
      return loaded;
    }
  }

  /** Its files may go only when nobody has them in view any more, whoever looks. */
  @Test
  void anImageOfTheWholeOutlivesTheHalfThatLeft() throws Exception {
    for (int i = 0; i < 100; i++) {
      shard.run(i + 1, put("x" + i, "v".repeat(1000)));
    }
    shard.store.flush();
    Path files = Files.createTempDirectory(directory, "image");
    try (StateImage whole = shard.machine.image()) {
      split(SPLIT);
      child().retire();
      shard.store.sweep();
      long before = shard.machine.load(files, whole.writeTo(files));
      assertThat(shard.dump(before)).hasSize(202);
      shard.machine.discard(before);
    }
    shard.store.sweep();
    assertThat(shard.dump(shard.generation).keySet()).as("the rest has no data yet").hasSize(2);
  }

  @Test
  void theHalfThatLeavesTakesNothingOfTheOtherWithIt() throws Exception {
    shard.run(1, put("c", "1"));
    shard.run(2, put("x", "2"));
    split(SPLIT);
    Map<String, String> all = shard.dump();
    shard.machine.retire();
    shard.store.sweep();
    KvStateMachine child = child();
    assertThat(keys(child, "m", "y")).containsExactly("x");
    Map<String, String> left = shard.dump();
    assertThat(all).containsAllEntriesOf(left);
    assertThat(left).hasSize(4);
  }

  @Test
  void aStartKeepsWhatCountsInAGenerationThatIsShared() throws Exception {
    shard.run(1, put("c", "1"));
    shard.run(2, put("x", "2"));
    split(SPLIT);
    KvStore.Found child =
        shard.store.found().stream()
            .filter(found -> found.shard().getId() == CHILD)
            .findFirst()
            .orElseThrow();
    assertThat(child).isEqualTo(new KvStore.Found(shard.generation, CUT_OFF, 1));
    shard.restart();
    shard.store.deleteAllBut(List.of(child));
    assertThat(shard.store.found()).containsExactly(child);
    assertThat(keys(child(), "m", "y")).containsExactly("x");
    assertThat(shard.dump()).hasSize(4);
  }
}
