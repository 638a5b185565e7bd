package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.Operations.append;
import static io.flotilla.shard.kv.Operations.delete;
import static io.flotilla.shard.kv.Operations.put;
import static io.flotilla.shard.kv.ShardUnderTest.bytes;
import static io.flotilla.shard.kv.ShardUnderTest.entry;
import static io.flotilla.shard.kv.ShardUnderTest.key;
import static io.flotilla.shard.kv.ShardUnderTest.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.kv.Batch;
import io.flotilla.proto.kv.Operation;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Short commands with large effects: no entry, and no round, may outgrow a replica's memory. */
class EffectBoundTest {
  private static final int KEYS = 30;
  private static final int VALUE_BYTES = 1 << 20;

  @TempDir Path directory;
  private ShardUnderTest shard;

  @BeforeEach
  void fill() throws Exception {
    shard = new ShardUnderTest(directory);
    for (int i = 0; i < KEYS; i++) {
      shard.run(i + 1, put("k" + i, "v".repeat(VALUE_BYTES)));
    }
  }

  @AfterEach
  void close() throws StorageException {
    shard.close();
  }

  private static WriteEntry.Builder entryOf(long client, IntFunction<Operation> operation) {
    WriteEntry.Builder entry = entry(client, 0);
    for (int i = 0; i < KEYS; i++) {
      entry.addWrites(write(i + 1, operation.apply(i)));
    }
    return entry;
  }

  private static Batch batchOf(IntFunction<Operation> operation) {
    Batch.Builder batch = Batch.newBuilder();
    for (int i = 0; i < KEYS; i++) {
      batch.addOperations(operation.apply(i));
    }
    return batch.build();
  }

  private int length(int i) throws Exception {
    return shard
        .machine
        .reads(ShardUnderTest.VERSION)
        .get(List.of(key("k" + i)), 2 << 20)
        .getValues(0)
        .getValue()
        .size();
  }

  /** As a client does that got fewer results than it sent writes. */
  private List<Result> runToTheEnd(WriteEntry.Builder whole) throws Exception {
    List<Result> all = new ArrayList<>();
    int entries = 0;
    while (all.size() < KEYS) {
      WriteEntry.Builder rest = whole.clone().clearWrites();
      List<Result> some =
          shard.run(rest.addAllWrites(whole.getWritesList().subList(all.size(), KEYS)));
      assertThat(some).isNotEmpty();
      assertThat(some.stream().mapToLong(Result::getSerializedSize).sum())
          .isLessThanOrEqualTo(Commands.EFFECT_BYTES_MAX + VALUE_BYTES + 100L);
      all.addAll(some);
      entries++;
    }
    assertThat(entries).isGreaterThan(1);
    return all;
  }

  @Test
  void whatIsLeftOutOfAnEntryIsExecutedWhenItComesAgain() throws Exception {
    List<Result> results = runToTheEnd(entryOf(2, i -> append("k" + i, "x")));
    assertThat(results).allSatisfy(r -> assertThat(r.getNumber()).isEqualTo(VALUE_BYTES + 1));
    for (int i = 0; i < KEYS; i++) {
      assertThat(length(i)).as("once").isEqualTo(VALUE_BYTES + 1);
    }
  }

  @Test
  void resultsThatAreReadFromRecordsCountToo() throws Exception {
    WriteEntry.Builder deletes = entryOf(2, i -> delete("k" + i, true));
    List<Result> first = runToTheEnd(deletes);
    assertThat(runToTheEnd(deletes)).isEqualTo(first);
    assertThat(first).allSatisfy(r -> assertThat(r.getPrevious().size()).isEqualTo(VALUE_BYTES));
  }

  @Test
  void howMuchOfAnEntryIsExecutedDoesNotDependOnItsRound() throws Exception {
    WriteEntry big = entryOf(2, i -> append("k" + i, "x")).build();
    WriteEntry small = entry(3, 0).addWrites(write(1, put("small", "v"))).build();
    int alone = shard.run(big.toBuilder()).size();
    int behindAnother =
        shard
            .runTogether(List.of(small, big.toBuilder().setClientLow(4).build()))
            .get(1)
            .getResultsCount();
    assertThat(behindAnother).isEqualTo(alone).isLessThan(KEYS);
  }

  @Test
  void aBatchIsExecutedAsAWholeOrRefused() throws Exception {
    Operation batch = Operation.newBuilder().setBatch(batchOf(i -> append("k" + i, "x"))).build();
    Result refused = shard.run(entry(2, 0).addWrites(write(1, batch))).get(0);
    assertThat(refused.getStatus()).isEqualTo(Result.Status.INVALID);
    assertThat(refused.getMessage())
        .contains("of the batch failed: it would write and return over 14680064 bytes");
    for (int i = 0; i < KEYS; i++) {
      assertThat(length(i)).isEqualTo(VALUE_BYTES);
    }
  }

  @Test
  void aFullRoundLeavesTheOtherEntriesForTheNext() throws Exception {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      byte[] command = bytes(entry(2, 0).addWrites(write(i + 1, append("k" + i, "x"))).build());
      entries.add(new Entry(shard.machine.appliedIndex() + i + 1, 1, Entry.Kind.COMMAND, command));
    }
    long before = shard.machine.appliedIndex();
    try (KvRound round = shard.store.newRound()) {
      assertThat(shard.machine.apply(entries, round)).hasSize(1);
      assertThat(round.stagedBytes()).isBetween(ApplyRound.BYTES_AIM, 2 * ApplyRound.BYTES_AIM);
      round.commit();
    }
    assertThat(shard.machine.appliedIndex()).isEqualTo(before + 1);
  }
}
