package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.Operations.append;
import static io.flotilla.shard.kv.Operations.batch;
import static io.flotilla.shard.kv.Operations.compareAndSet;
import static io.flotilla.shard.kv.Operations.delete;
import static io.flotilla.shard.kv.Operations.increment;
import static io.flotilla.shard.kv.Operations.put;
import static io.flotilla.shard.kv.ShardUnderTest.bytes;
import static io.flotilla.shard.kv.ShardUnderTest.entry;
import static io.flotilla.shard.kv.ShardUnderTest.key;
import static io.flotilla.shard.kv.ShardUnderTest.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Put;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.kv.Write;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.MembershipBytes;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.StateMachine.UnknownCommandException;
import io.flotilla.raft.port.StorageException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KvStateMachineTest {
  @TempDir Path directory;
  private ShardUnderTest shard;
  private long seq;

  @BeforeEach
  void open() throws StorageException {
    shard = new ShardUnderTest(directory);
  }

  @AfterEach
  void close() throws StorageException {
    shard.close();
  }

  private static List<Member> members(long... ids) {
    return LongStream.of(ids).mapToObj(id -> new Member(new ReplicaId(id), id * 10)).toList();
  }

  private void changeMembers(Membership membership) throws Exception {
    shard.append(Entry.Kind.MEMBERSHIP, MembershipBytes.encode(membership));
  }

  private static Replica replica(long id, ReplicaRole role) {
    return Replica.newBuilder().setReplica(id).setNode(id * 10).setRole(role).build();
  }

  @Test
  void theDescriptorHasTheReplicasThatTheLogSays() throws Exception {
    changeMembers(new Membership(members(2, 3, 4), members(1, 2, 3), members(5)));
    Shard joint = shard.machine.shard();
    assertThat(joint.getReplicasList())
        .containsExactlyInAnyOrder(
            replica(1, ReplicaRole.OUTGOING),
            replica(2, ReplicaRole.VOTER),
            replica(3, ReplicaRole.VOTER),
            replica(4, ReplicaRole.INCOMING),
            replica(5, ReplicaRole.LEARNER));
    changeMembers(Membership.of(members(2, 3, 4)));
    Shard left = shard.machine.shard();
    assertThat(left.getEpoch().getConfVersion()).isEqualTo(3);
    assertThat(left.getEpoch().getVersion()).isEqualTo(ShardUnderTest.VERSION);
    assertThat(left.getReplicasList())
        .containsExactly(
            replica(2, ReplicaRole.VOTER),
            replica(3, ReplicaRole.VOTER),
            replica(4, ReplicaRole.VOTER));
    shard.crashAndReplay();
    assertThat(shard.machine.shard()).isEqualTo(left);
    shard.store.flush();
    shard.crashAndReplay();
    assertThat(shard.machine.shard()).as("kept with the state").isEqualTo(left);
  }

  /** Whatever those who are lost may have made of the shard, and told placement of. */
  @Test
  void whoGoesOnAloneIsNewerThanAllThatTheLostMayHaveTold() throws Exception {
    changeMembers(new Membership(members(1, 2, 3), List.of(), members(4)));
    long before = shard.machine.shard().getEpoch().getConfVersion();
    assertThat(before).isEqualTo(2);
    changeMembers(Membership.of(members(1)));
    Shard alone = shard.machine.shard();
    assertThat(alone.getReplicasList()).containsExactly(replica(1, ReplicaRole.VOTER));
    assertThat(alone.getEpoch().getConfVersion()).isEqualTo(before + Members.LOST_CHANGES_MAX);
    assertThat(alone.getEpoch().getVersion())
        .as("they may have split it")
        .isEqualTo(ShardUnderTest.VERSION + Members.LOST_CHANGES_MAX);
    changeMembers(new Membership(members(1), List.of(), members(5)));
    assertThat(shard.machine.shard().getEpoch())
        .isEqualTo(
            alone.getEpoch().toBuilder()
                .setConfVersion(before + Members.LOST_CHANGES_MAX + 1)
                .build());
  }

  @Test
  void whoGoesOnAloneInTheMiddleOfAChangeIsAsNew() throws Exception {
    changeMembers(new Membership(members(2, 3, 4), members(1, 2, 3), List.of()));
    changeMembers(Membership.of(members(1)));
    assertThat(shard.machine.shard().getEpoch().getConfVersion())
        .isEqualTo(2 + Members.LOST_CHANGES_MAX);
  }

  @Test
  void whatIsNoMembershipStopsTheReplica() {
    assertThatThrownBy(() -> shard.append(Entry.Kind.MEMBERSHIP, new byte[] {1, 2, 3}))
        .isInstanceOf(UnknownCommandException.class)
        .hasMessageContaining("not a membership");
  }

  @Test
  void putsUnderConditions() throws Exception {
    assertThat(run(put("k", "1", Put.Condition.IF_PRESENT, false)).getStatus())
        .isEqualTo(Result.Status.CONDITION_FAILED);
    assertThat(run(put("k", "1", Put.Condition.IF_ABSENT, true))).isEqualTo(ok(false).build());
    assertThat(run(put("k", "2", Put.Condition.IF_ABSENT, true)))
        .isEqualTo(
            ok(true)
                .setStatus(Result.Status.CONDITION_FAILED)
                .setPrevious(ByteString.copyFromUtf8("1"))
                .build());
    assertThat(run(put("k", "3", Put.Condition.IF_PRESENT, true)).getPrevious().toStringUtf8())
        .isEqualTo("1");
    assertThat(value("k")).contains("3");
  }

  @Test
  void deletes() throws Exception {
    assertThat(run(delete("k", true))).isEqualTo(ok(false).build());
    run(put("k", "v"));
    assertThat(run(delete("k", true)))
        .isEqualTo(ok(true).setPrevious(ByteString.copyFromUtf8("v")).build());
    assertThat(value("k")).isEmpty();
  }

  @Test
  void comparesWithAValueOrWithAbsence() throws Exception {
    assertThat(run(compareAndSet("k", "x", "1")).getStatus())
        .isEqualTo(Result.Status.CONDITION_FAILED);
    assertThat(run(compareAndSet("k", null, "1")).getStatus()).isEqualTo(Result.Status.OK);
    Result failed = run(compareAndSet("k", null, "2"));
    assertThat(failed.getStatus()).isEqualTo(Result.Status.CONDITION_FAILED);
    assertThat(failed.getPrevious().toStringUtf8()).isEqualTo("1");
    assertThat(run(compareAndSet("k", "1", null)).getStatus()).isEqualTo(Result.Status.OK);
    assertThat(value("k")).isEmpty();
  }

  @Test
  void incrementsWithinSixtyFourBits() throws Exception {
    assertThat(run(increment("n", 5))).isEqualTo(ok(false).setNumber(5).build());
    assertThat(run(increment("n", -7))).isEqualTo(ok(true).setNumber(-2).build());
    assertThat(value("n")).contains("-2");
    run(put("n", Long.toString(Long.MAX_VALUE)));
    assertThat(run(increment("n", 1)).getMessage())
        .isEqualTo("increment or decrement would overflow");
    run(put("n", Long.toString(Long.MIN_VALUE)));
    assertThat(run(increment("n", -1)).getStatus()).isEqualTo(Result.Status.INVALID);
    assertThat(value("n")).contains(Long.toString(Long.MIN_VALUE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "+1",
        "01",
        "-0",
        " 1",
        "1 ",
        "1.0",
        "x",
        "9223372036854775808",
        "-9223372036854775809",
        "123456789012345678901"
      })
  void doesNotIncrementWhatIsNoNumber(String value) throws Exception {
    run(put("n", value));
    Result result = run(increment("n", 1));
    assertThat(result.getStatus()).isEqualTo(Result.Status.INVALID);
    assertThat(result.getMessage()).isEqualTo("value is not an integer or out of range");
    assertThat(value("n")).contains(value);
  }

  @Test
  void readsBackEveryNumberItWrites() {
    for (long n : new long[] {0, 1, -1, 10, -10, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40}) {
      assertThat(Decimal.parse(Decimal.format(n))).contains(n);
    }
    assertThat(Decimal.parse("9223372036854775808".getBytes(StandardCharsets.US_ASCII))).isEmpty();
  }

  @Test
  void appendsUpToTheLimitInTheEntry() throws Exception {
    assertThat(run(append("k", "ab"))).isEqualTo(ok(false).setNumber(2).build());
    assertThat(run(append("k", "cd"))).isEqualTo(ok(true).setNumber(4).build());
    Result result =
        shard
            .run(entry(1, 0).setValueBytesMax(5).addWrites(write(++seq, append("k", "ef"))))
            .get(0);
    assertThat(result.getStatus()).isEqualTo(Result.Status.INVALID);
    assertThat(value("k")).contains("abcd");
  }

  @Test
  void aBatchIsAllOrNothingAndSeesItself() throws Exception {
    Result done = run(batch(put("a1", "x"), put("c", "1"), increment("c", 1), delete("c", true)));
    assertThat(done.getStatus()).isEqualTo(Result.Status.WRONG_SHARD); // a1 is before b
    done = run(batch(put("c", "1"), increment("c", 1), put("d", "x"), delete("d", true)));
    assertThat(done.getStatus()).isEqualTo(Result.Status.OK);
    assertThat(done.getResults(1).getNumber()).isEqualTo(2);
    assertThat(done.getResults(3).getPrevious().toStringUtf8()).isEqualTo("x");
    assertThat(value("c")).contains("2");
    assertThat(value("d")).isEmpty();

    Result undone = run(batch(put("c", "9"), compareAndSet("d", "no", "x"), put("e", "e")));
    assertThat(undone.getStatus()).isEqualTo(Result.Status.CONDITION_FAILED);
    assertThat(undone.getMessage()).isEqualTo("operation 2 of the batch failed");
    assertThat(undone.getResultsCount()).isEqualTo(3);
    assertThat(value("c")).contains("2");
    assertThat(value("e")).isEmpty();
  }

  @Test
  void entriesOfOneRoundSeeEachOther() throws Exception {
    List<WriteReply> replies =
        shard.runTogether(
            List.of(
                entry(1, 0).addWrites(write(1, put("k", "1"))).build(),
                entry(2, 0).addWrites(write(1, increment("k", 1))).build(),
                entry(1, 0).addWrites(write(1, put("k", "1"))).build(),
                entry(2, 0).addWrites(write(2, increment("k", 1))).build()));
    assertThat(replies.get(3).getResults(0).getNumber()).isEqualTo(3);
    assertThat(replies.get(3).getApplied()).isEqualTo(4);
  }

  @Test
  void refusesOtherVersionsAndForeignKeysWithoutRecordingIt() throws Exception {
    for (long version : new long[] {ShardUnderTest.VERSION - 1, ShardUnderTest.VERSION + 1}) {
      Result result =
          shard.run(entry(1, 0).setVersion(version).addWrites(write(1, put("k", "v")))).get(0);
      assertThat(result.getStatus()).isEqualTo(Result.Status.WRONG_SHARD);
    }
    assertThat(shard.run(1, put("y", "v")).getStatus()).isEqualTo(Result.Status.WRONG_SHARD);
    assertThat(shard.run(1, put("a", "v")).getStatus()).isEqualTo(Result.Status.WRONG_SHARD);
    assertThat(shard.run(1, put("b", "v")).getStatus()).isEqualTo(Result.Status.OK);
  }

  @Test
  void refusesWhatIsTooLong() throws Exception {
    assertThat(Commands.invalid(put("k".repeat(70_000), "v")).orElse(""))
        .contains("70004 bytes; allowed: 5 to 65542");
    Operation large = put("k", "v".repeat(Commands.VALUE_BYTES_MAX + 1));
    assertThat(run(large).getStatus()).isEqualTo(Result.Status.INVALID);
    assertThat(run(put("", "v")).getStatus()).isEqualTo(Result.Status.INVALID);
    assertThat(run(batch()).getStatus()).isEqualTo(Result.Status.INVALID);
    assertThat(run(batch(batch(put("k", "v")))).getMessage()).contains("a batch within a batch");
  }

  @Test
  void stopsAtWhatItDoesNotUnderstandAndStagesNothing() throws Exception {
    Write unknownKind =
        Write.newBuilder().setSeq(9).setOperation(Operation.getDefaultInstance()).build();
    UnknownFieldSet newer =
        UnknownFieldSet.newBuilder()
            .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    List<byte[]> payloads =
        List.of(
            new byte[] {1, 2, 3},
            new byte[0],
            Command.newBuilder().setUnknownFields(newer).build().toByteArray(),
            Command.newBuilder()
                .setSplit(SplitEntry.newBuilder().setUnknownFields(newer))
                .build()
                .toByteArray(),
            bytes(entry(1, 0).addWrites(unknownKind).build()),
            bytes(entry(1, 0).setUnknownFields(newer).build()),
            bytes(
                entry(1, 0)
                    .addWrites(
                        write(
                            9,
                            Operation.newBuilder()
                                .setPut(Put.newBuilder().setKey(key("k")).setUnknownFields(newer))
                                .build()))
                    .build()),
            bytes(
                entry(1, 0)
                    .addWrites(
                        write(
                            9,
                            Operation.newBuilder()
                                .setPut(Put.newBuilder().setKey(key("k")).setConditionValue(77))
                                .build()))
                    .build()));
    Map<String, String> before = shard.dump();
    for (byte[] payload : payloads) {
      List<Entry> entries =
          List.of(
              new Entry(
                  1,
                  1,
                  Entry.Kind.COMMAND,
                  bytes(entry(1, 0).addWrites(write(1, put("k", "v"))).build())),
              new Entry(2, 1, Entry.Kind.COMMAND, payload));
      try (KvRound round = shard.store.newRound()) {
        assertThatThrownBy(() -> shard.machine.apply(entries, round))
            .isInstanceOf(UnknownCommandException.class)
            .hasMessageContaining("shard 7, entry 2@1");
        assertThat(round.stagedBytes()).isZero();
        round.commit();
      }
    }
    assertThat(shard.dump()).isEqualTo(before);
  }

  @Test
  void appliesEachIndexOnceAndInOrder() throws Exception {
    run(put("k", "v"));
    for (long index : new long[] {1, 3}) {
      Entry entry = new Entry(index, 1, Entry.Kind.NO_OP, new byte[0]);
      try (KvRound round = shard.store.newRound()) {
        assertThatThrownBy(() -> shard.machine.apply(List.of(entry), round))
            .isInstanceOf(IllegalStateException.class);
      }
    }
    shard.append(Entry.Kind.NO_OP, new byte[0]);
    assertThat(shard.machine.appliedIndex()).isEqualTo(2);
    shard.restart();
    assertThat(shard.machine.appliedIndex()).isEqualTo(2);
  }

  private Result run(Operation operation) throws Exception {
    return shard.run(++seq, operation);
  }

  private Optional<String> value(String key) throws Exception {
    var value =
        shard.machine.reads(ShardUnderTest.VERSION).get(List.of(key(key)), 1 << 20).getValues(0);
    return value.hasValue() ? Optional.of(value.getValue().toStringUtf8()) : Optional.empty();
  }

  private static Result.Builder ok(boolean existed) {
    return Result.newBuilder().setExisted(existed);
  }
}
