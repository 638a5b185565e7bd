package io.flotilla.shard.kv;

import static io.flotilla.shard.kv.NodeUnderTest.command;
import static io.flotilla.shard.kv.Operations.batch;
import static io.flotilla.shard.kv.Operations.increment;
import static io.flotilla.shard.kv.Operations.put;
import static io.flotilla.shard.kv.ShardUnderTest.key;
import static io.flotilla.shard.kv.ShardUnderTest.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.proto.kv.WriteEntry;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.ImageException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where what was merged is: through images, crashes and departures. */
class MergedStateTest extends TwoShards {
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
