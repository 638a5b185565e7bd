package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.Operations.batch;
import static io.flotilla.shard.kv.Operations.increment;
import static io.flotilla.shard.kv.Operations.put;
import static io.flotilla.shard.kv.ShardUnderTest.entry;
import static io.flotilla.shard.kv.ShardUnderTest.key;
import static io.flotilla.shard.kv.ShardUnderTest.write;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Result;
import io.flotilla.proto.kv.Result.Status;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes one of two shards: with all that either had, and with nothing done twice. */
class MergeTest extends TwoShards {
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
}
