package io.flotilla.deploy.whole;

import static io.flotilla.deploy.whole.ShardLab.RELIABLE;
import static io.flotilla.deploy.whole.ShardLab.SECOND;
import static io.flotilla.deploy.whole.ShardLab.SHARDS;
import static io.flotilla.deploy.whole.ShardLab.UNRELIABLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.Faults;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * MIT 6.5840, the sharded service as it was in 2024 (laboratory 5A and 5B, with its challenges),
 * told by {@link ShardLab}. Every history is checked, not only where the course does.
 */
class LabShardedServiceTest {
  private static final int KEYS = 10;
  private static final int VALUE_BYTES = 1_000;

  @Test
  void testStaticShards5A() {
    try (ShardLab lab = new ShardLab("static-shards", 2, 1, RELIABLE, 1)) {
      lab.clerks().putAll(KEYS, "v");
      lab.join(1);
      lab.clerks().checkAll(KEYS);
      lab.shutDown(1);
      Map<Integer, CompletableFuture<Outcome>> gets = lab.clerks().getAll(KEYS);
      lab.sleep(2 * SECOND);
      gets.forEach(
          (key, get) ->
              assertThat(get.isDone())
                  .as("key %d is read though half is down", key)
                  .isEqualTo(lab.shardsOf(0).contains(key)));
      lab.clerks().checkPrompt(lab.shardsOf(0));
      lab.start(1);
      gets.forEach((key, get) -> lab.clerks().checkIs(key, lab.await(get, 5 * SECOND)));
      lab.check();
    }
  }

  @Test
  void testRejection5A() {
    try (ShardLab lab = new ShardLab("rejection", 2, 1, RELIABLE, 2)) {
      lab.clerks().putAll(KEYS, "v");
      WrongMap old = new WrongMap(lab);
      for (int key = 0; key < KEYS; key++) {
        assertThat(old.get(key, 0)).as("key %d before", key).contains("v" + key);
      }
      lab.join(1);
      for (int key = 0; key < KEYS; key++) {
        boolean stays = lab.shardsOf(0).contains(key);
        assertThat(old.get(key, 0).isPresent()).as("key %d of old", key).isEqualTo(stays);
        assertThat(new WrongMap(lab).get(key, 0).isPresent()).as("key %d", key).isEqualTo(stays);
      }
      assertThat(lab.shardsOf(0)).hasSize(SHARDS / 2);
      lab.check();
    }
  }

  @Test
  void testJoinLeave5B() {
    try (ShardLab lab = new ShardLab("join-leave", 2, 1, RELIABLE, 3)) {
      lab.clerks().putAll(KEYS, "v");
      lab.join(1);
      lab.clerks().checkAndAppend(KEYS, ";joined");
      lab.retire(lab.group(0));
      lab.clerks().checkAndAppend(KEYS, ";left");
      lab.sleep(SECOND);
      lab.group(0).forEach(SimNode::die);
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }

  @Test
  void testSnapshot5B() {
    try (ShardLab lab = new ShardLab("snapshot", 3, 1, RELIABLE, 4, ShardLab.LOG_BYTES)) {
      lab.clerks().putAll(30, "v".repeat(200));
      lab.join(1);
      lab.join(2);
      lab.leave(0);
      lab.clerks().checkAndAppend(30, "w".repeat(200));
      lab.leave(1);
      lab.join(0);
      lab.clerks().checkAndAppend(30, "x".repeat(200));
      lab.sleep(SECOND);
      lab.clerks().checkAll(30);
      assertThat(lab.cutLogs()).as("replicas that begin behind a snapshot").isEqualTo(3 * SHARDS);
      List.of(0, 1, 2).forEach(lab::shutDown);
      List.of(0, 1, 2).forEach(lab::start);
      lab.clerks().checkAll(30);
      lab.check();
    }
  }

  /** Who was away comes back with replicas that are gone, and is then needed. */
  @Test
  void testMissChange5B() {
    try (ShardLab lab = new ShardLab("miss-change", 3, 1, RELIABLE, 5)) {
      lab.clerks().putAll(KEYS, "v");
      lab.join(1);
      List<SimNode> missing = List.of(lab.group(0).get(0), lab.group(1).get(0));
      missing.forEach(SimProcess::crash);
      lab.beginJoin(2);
      lab.leave(0, 1);
      lab.clerks().checkAndAppend(KEYS, ";missed");
      missing.forEach(SimProcess::start);
      lab.join(0);
      lab.join(1);
      lab.clerks().checkAndAppend(KEYS, ";back");
      List.of(0, 1).forEach(group -> lab.group(group).get(1).crash());
      lab.clerks().checkAndAppend(KEYS, ";needed");
      List.of(0, 1).forEach(group -> lab.group(group).get(1).start());
      lab.check();
    }
  }

  /** Groups stop and start while they come and go. */
  private static void concurrent1(String name, Faults.Network network, long seed) {
    try (ShardLab lab = new ShardLab(name, 3, 2, network, seed)) {
      lab.clerks().keepAppending(KEYS);
      lab.beginJoin(1);
      lab.sleep(SECOND / 2);
      lab.beginJoin(2);
      lab.sleep(SECOND / 2);
      lab.beginLeave(0);
      for (int group = 0; group < 3; group++) {
        lab.shutDown(group);
        lab.sleep(SECOND / 10);
      }
      lab.beginLeave(2);
      lab.sleep(SECOND / 10);
      List.of(0, 1, 2).forEach(lab::start);
      lab.sleep(SECOND / 10);
      lab.beginJoin(0);
      lab.beginLeave(1);
      lab.sleep(SECOND / 2);
      lab.beginJoin(1);
      lab.sleep(SECOND);
      lab.settle();
      endOfAppends(lab);
    }
  }

  /** Each exactly once, in its order. */
  private static void endOfAppends(ShardLab lab) {
    lab.clerks().checkTheyGoOn(KEYS);
    lab.clerks().stop();
    lab.clerks().checkAll(KEYS);
    lab.check();
  }

  @Test
  void testConcurrent1_5B() {
    concurrent1("concurrent-1", RELIABLE, 6);
  }

  private static void concurrent2(String name, Faults.Network network, long seed) {
    try (ShardLab lab = new ShardLab(name, 3, 2, network, seed)) {
      lab.join(1, 2);
      lab.clerks().keepAppending(KEYS);
      lab.sleep(SECOND / 2);
      lab.beginLeave(0);
      lab.beginLeave(2);
      lab.sleep(3 * SECOND);
      lab.beginJoin(0, 2);
      lab.beginLeave(1);
      lab.sleep(3 * SECOND);
      lab.beginJoin(1);
      lab.beginLeave(0, 2);
      lab.sleep(3 * SECOND);
      lab.settle();
      endOfAppends(lab);
    }
  }

  @Test
  void testConcurrent2_5B() {
    concurrent2("concurrent-2", RELIABLE, 7);
  }

  /** All groups restart, again and again, with small logs. */
  @Test
  void testConcurrent3_5B() {
    try (ShardLab lab = new ShardLab("concurrent-3", 3, 2, RELIABLE, 8, ShardLab.LOG_BYTES)) {
      Chance chance = new Chance(8);
      lab.clerks().keepAppending(KEYS);
      long until = lab.now() + 12 * SECOND;
      while (lab.now() < until) {
        lab.beginJoin(2);
        lab.beginJoin(1);
        lab.sleep(chance.between(0, 900_000));
        List.of(0, 1, 2).forEach(lab::shutDown);
        List.of(0, 1, 2).forEach(lab::start);
        lab.sleep(chance.between(0, 900_000));
        lab.beginLeave(1);
        lab.beginLeave(2);
        lab.sleep(chance.between(0, 900_000));
      }
      lab.sleep(2 * SECOND);
      lab.settle();
      endOfAppends(lab);
    }
  }

  @Test
  void testUnreliable1_5B() {
    try (ShardLab lab = new ShardLab("unreliable-1", 3, 1, UNRELIABLE, 9)) {
      lab.clerks().putAll(KEYS, "v");
      lab.join(1);
      lab.join(2);
      lab.beginLeave(0);
      for (int round = 0; round < 4; round++) {
        lab.clerks().checkAndAppend(KEYS, ";" + round);
        if (round == 2) {
          lab.beginJoin(0);
          lab.beginLeave(1);
        }
      }
      lab.settle();
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }

  @Test
  void testUnreliable2_5B() {
    concurrent2("unreliable-2", UNRELIABLE, 10);
  }

  /** Anybody reads and writes any key. */
  @Test
  void testUnreliable3_5B() {
    try (ShardLab lab = new ShardLab("unreliable-3", 3, 4, UNRELIABLE, 11)) {
      lab.clerks().keepBusy(KEYS);
      lab.beginJoin(1, 2);
      lab.sleep(3 * SECOND);
      lab.beginLeave(0);
      lab.sleep(3 * SECOND);
      lab.beginJoin(0);
      lab.beginLeave(1, 2);
      lab.sleep(3 * SECOND);
      lab.settle();
      lab.check();
    }
  }

  /**
   * The course's bound. What it allows the log of a server is here for the logs of all the shards
   * of which a node has a replica, about four.
   */
  @Test
  void testChallenge1Delete() {
    try (ShardLab lab = new ShardLab("delete", 3, 1, RELIABLE, 12, ShardLab.LOG_BYTES / 4)) {
      lab.clerks().putAll(30, "v".repeat(VALUE_BYTES));
      StoredBytes before = StoredBytes.measure(lab);
      for (int round = 0; round < 2; round++) {
        lab.join(1);
        lab.leave(0);
        lab.join(2);
        lab.clerks().checkAll(30);
        lab.leave(1);
        lab.join(0);
        lab.leave(2);
        lab.clerks().checkAll(30);
      }
      lab.join(1, 2);
      lab.clerks().checkAll(30);
      lab.check();
      StoredBytes after = StoredBytes.measure(lab);
      assertThat(after.states()).as("bytes of states").isLessThan(before.states() * 11 / 10);
      assertThat(after.all())
          .as("bytes of states and logs")
          .isLessThan(3 * ((30 - 3) * VALUE_BYTES + 2 * 3 * VALUE_BYTES + 6_000));
    }
  }

  /** What does not move is read and written as ever while what is to move cannot, and is missed. */
  @Test
  void testChallenge2Unaffected() {
    try (ShardLab lab = new ShardLab("unaffected", 2, 1, RELIABLE, 13)) {
      lab.clerks().putAll(KEYS, "v");
      lab.join(1);
      lab.clerks().checkAll(KEYS);
      List<Integer> unaffected = lab.shardsOf(1);
      lab.shutDown(0);
      lab.beginLeave(0);
      Map<Integer, CompletableFuture<Outcome>> gets = lab.clerks().getAll(KEYS);
      for (int round = 0; round < 20; round++) {
        for (int key : unaffected) {
          lab.await(lab.clerk().append(key, ";" + round), SECOND / 10);
          lab.clerks().checkPrompt(List.of(key));
        }
        lab.sleep(SECOND / 10);
      }
      assertThat(lab.isSettled(1)).as("moved from who is dead").isFalse();
      gets.forEach(
          (key, get) ->
              assertThat(get.isDone()).as("key %d", key).isEqualTo(unaffected.contains(key)));
      lab.start(0);
      lab.settle();
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }

  /** What has come is served before the rest comes, which cannot. */
  @Test
  void testChallenge2Partial() {
    try (ShardLab lab = new ShardLab("partial", 3, 1, RELIABLE, 14)) {
      lab.clerks().putAll(KEYS, "v");
      lab.join(1, 2);
      List<Integer> come = lab.shardsOf(0);
      List<Integer> waiting = lab.shardsOf(2);
      lab.shutDown(2);
      lab.beginLeave(0, 2);
      lab.await("moved", 10 * SECOND, () -> come.stream().allMatch(lab::isMoved));
      lab.shutDown(0);
      for (int key = 0; key < KEYS; key++) {
        if (!waiting.contains(key)) {
          lab.clerks().checkIs(key, lab.await(lab.clerk().get(key), 2 * SECOND));
          lab.await(lab.clerk().append(key, ";come"), 2 * SECOND);
        }
      }
      assertThat(waiting).noneMatch(lab::isMoved);
      List.of(0, 2).forEach(lab::start);
      lab.settle();
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }
}
