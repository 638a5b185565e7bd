package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.Operations.put;
import static io.flotilla.shard.kv.ShardUnderTest.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.KeyValue;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KvReadsTest {
  private static final int KEYS = 100;

  @TempDir Path directory;
  private ShardUnderTest shard;

  @BeforeEach
  void open() throws Exception {
    shard = new ShardUnderTest(directory);
    for (int i = 0; i < KEYS; i++) {
      shard.run(i + 1L, put(name(i), "value" + i));
    }
  }

  @AfterEach
  void close() throws StorageException {
    shard.close();
  }

  private static String name(int i) {
    return "k%03d".formatted(i);
  }

  @Test
  void getsManyInOrderAtOneIndex() throws Exception {
    ReadReply reply =
        shard
            .machine
            .reads(ShardUnderTest.VERSION)
            .get(List.of(key(name(7)), key("nothing"), key(name(3))), 1 << 20);
    assertThat(reply.getApplied()).isEqualTo(KEYS);
    assertThat(reply.getValues(0).getValue().toStringUtf8()).isEqualTo("value7");
    assertThat(reply.getValues(1).hasValue()).isFalse();
    assertThat(reply.getValues(2).getValue().toStringUtf8()).isEqualTo("value3");
  }

  @Test
  void aLargeReplyEndsEarlyAfterAtLeastOne() throws Exception {
    List<ByteString> keys = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      keys.add(key(name(i)));
    }
    assertThat(shard.machine.reads(ShardUnderTest.VERSION).get(keys, 1).getValuesCount())
        .isEqualTo(1);
    assertThat(shard.machine.reads(ShardUnderTest.VERSION).get(keys, 300).getValuesCount())
        .isBetween(40, 50);
    assertThat(shard.machine.reads(ShardUnderTest.VERSION).get(keys, 1 << 20).getValuesCount())
        .isEqualTo(KEYS);
  }

  @ParameterizedTest
  @CsvSource({"false, 7, 1000000", "true, 7, 1000000", "false, 1000, 50", "true, 1000, 50"})
  void pagesCoverARangeOnceInBothDirections(boolean reverse, int pairsMax, long bytesMax)
      throws Exception {
    List<String> expected = new ArrayList<>();
    for (int i = 10; i < 90; i++) {
      expected.add(name(i));
    }
    if (reverse) {
      Collections.reverse(expected);
    }
    ByteString start = key(name(10));
    ByteString end = key(name(90));
    List<String> found = new ArrayList<>();
    ScanReply page;
    int pages = 0;
    do {
      page = scan(start, end, reverse, pairsMax, bytesMax, false, false);
      for (KeyValue pair : page.getPairsList()) {
        found.add(pair.getKey().substring(4).toStringUtf8());
        assertThat(pair.getValue().toStringUtf8()).startsWith("value");
      }
      start = page.getMore() && !reverse ? page.getNext() : start;
      end = page.getMore() && reverse ? page.getNext() : end;
      pages++;
    } while (page.getMore());
    assertThat(found).isEqualTo(expected);
    assertThat(pages).isGreaterThan(5);
  }

  @Test
  void leavesOutValuesOrPairs() throws Exception {
    ScanReply keys = scan(key("b"), key("y"), false, 3, 1000, true, false);
    assertThat(keys.getPairsList()).allMatch(pair -> pair.getValue().isEmpty()).hasSize(3);
    for (boolean reverse : new boolean[] {false, true}) {
      ScanReply count = scan(key("b"), key("y"), reverse, 3, 1000, false, true);
      assertThat(count.getPairsCount()).isZero();
      assertThat(count.getCount()).isEqualTo(60);
      assertThat(count.getMore()).isTrue();
      ScanReply rest =
          reverse
              ? scan(key("b"), count.getNext(), true, 3, 1000, false, true)
              : scan(count.getNext(), key("y"), false, 3, 1000, false, true);
      assertThat(rest.getCount()).isEqualTo(40);
      assertThat(rest.getMore()).isFalse();
    }
  }

  @Test
  void anOpenEndStaysWithinTheShard() throws Exception {
    Shard neighbour = Shard.newBuilder().setId(ShardUnderTest.ID + 1).build();
    long generation = shard.store.create(List.of(neighbour), 0).get(0);
    assertThat(scan(key("b"), ByteString.EMPTY, false, 1000, 1 << 20, false, false).getCount())
        .isEqualTo(KEYS);
    assertThat(shard.store.found())
        .extracting(KvStore.Found::shard)
        .containsExactly(ShardUnderTest.descriptor(), neighbour);
    assertThat(KvStateMachine.open(shard.store, neighbour.getId(), generation).appliedIndex())
        .isZero();
  }

  @Test
  void aRoundIsSeenOnceItIsCommitted() throws Exception {
    try (KvRound round = shard.store.newRound()) {
      round.put(KvKeys.data(shard.generation, key("z").toByteArray()), new byte[1]);
      ReadReply before = shard.machine.reads(ShardUnderTest.VERSION).get(List.of(key("z")), 100);
      round.commit();
      ReadReply after = shard.machine.reads(ShardUnderTest.VERSION).get(List.of(key("z")), 100);
      assertThat(before.getValues(0).hasValue()).isFalse();
      assertThat(after.getValues(0).hasValue()).isTrue();
    }
  }

  @Test
  void aClosedStoreFailsEveryCall() throws Exception {
    shard.store.close();
    assertThatThrownBy(() -> shard.machine.reads(ShardUnderTest.VERSION).get(List.of(key("k")), 1))
        .isInstanceOf(StorageException.class)
        .hasMessage("the state is closed");
    assertThatThrownBy(() -> shard.store.flush()).isInstanceOf(StorageException.class);
    shard.store.close(); // again is no error
  }

  @Test
  void aSecondOpeningIsRefused() {
    assertThatThrownBy(() -> KvStore.open(directory, KvStoreConfig.DEFAULT))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(directory.toString());
  }

  private ScanReply scan(
      ByteString start,
      ByteString end,
      boolean reverse,
      int pairsMax,
      long bytesMax,
      boolean keysOnly,
      boolean countOnly)
      throws Exception {
    KeyRange range = new KeyRange(start, end);
    return shard
        .machine
        .reads(ShardUnderTest.VERSION)
        .scan(new KvReads.Scan(range, reverse, pairsMax, bytesMax, keysOnly, countOnly, 60));
  }
}
