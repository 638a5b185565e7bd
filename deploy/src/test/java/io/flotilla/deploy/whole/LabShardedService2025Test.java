package io.flotilla.deploy.whole;

import static io.flotilla.deploy.whole.ShardLab.LOG_BYTES;
import static io.flotilla.deploy.whole.ShardLab.RELIABLE;
import static io.flotilla.deploy.whole.ShardLab.SECOND;
import static io.flotilla.deploy.whole.ShardLab.UNRELIABLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.Faults;
import io.flotilla.router.client.ClusterStatus;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * MIT 6.5840, the sharded service as it is since 2025 (laboratory 5A), told by {@link ShardLab};
 * those of its tests in which groups are what fails. Every history is checked.
 */
class LabShardedService2025Test {
  private static final int KEYS = 10;

  @Test
  void testInitQuery5A() {
    try (ShardLab lab = new ShardLab("init-query", 2, 1, RELIABLE, 21)) {
      long before = query(lab);
      lab.join(1);
      assertThat(query(lab)).isGreaterThan(before);
      lab.check();
    }
  }

  /** Asks for the configuration, which is the one of now; answers its number. */
  private static long query(ShardLab lab) {
    ClusterStatus status = lab.await(lab.admin().status(), 5 * SECOND);
    assertThat(status.revision()).isEqualTo(lab.view().revision());
    assertThat(status.shards()).hasSameSizeAs(lab.view().shards().keySet());
    for (ClusterStatus.Shard shard : status.shards()) {
      assertThat(shard.replicas().stream().map(ClusterStatus.Replica::node))
          .as("nodes of shard %d", shard.id())
          .containsExactlyInAnyOrderElementsOf(lab.view().shards().get(shard.id()).value().nodes());
    }
    return status.revision();
  }

  /** Whoever leads a shard is cut off. */
  @Test
  void testStaticOneShardGroup5A() {
    try (ShardLab lab = new ShardLab("static-one", 1, 1, RELIABLE, 22)) {
      lab.clerks().putAll(KEYS, "v");
      lab.clerks().checkAll(KEYS);
      for (SimNode node : lab.group(0)) {
        lab.isolate(List.of(node));
        Map<Integer, CompletableFuture<Outcome>> gets = lab.clerks().getAll(KEYS);
        lab.await(
            "reads without " + node.address(),
            5 * SECOND,
            () -> gets.values().stream().allMatch(CompletableFuture::isDone));
        lab.mend();
      }
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }

  @Test
  void testJoinBasic5A() {
    try (ShardLab lab = new ShardLab("join-basic", 2, 1, RELIABLE, 23)) {
      lab.clerks().putAll(KEYS, "v");
      lab.join(1);
      lab.clerks().checkAll(KEYS);
      WrongMap asking = new WrongMap(lab);
      for (int key = 0; key < KEYS; key++) {
        for (int group = 0; group < 2; group++) {
          assertThat(asking.get(key, group).isPresent())
              .as("key %d of group %d", key, group)
              .isEqualTo(lab.shardsOf(group).contains(key));
        }
      }
      lab.clerks().checkAndAppend(KEYS, ";joined");
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }

  @Test
  void testDeleteBasic5A() {
    try (ShardLab lab = new ShardLab("delete-basic", 2, 1, RELIABLE, 24, LOG_BYTES)) {
      lab.clerks().putAll(30, "v".repeat(1_000));
      StoredBytes before = StoredBytes.measure(lab);
      lab.join(1);
      lab.clerks().checkAll(30);
      StoredBytes after = StoredBytes.measure(lab);
      assertThat(after.states()).as("bytes of states").isLessThan(before.states() + 10_000);
      assertThat(after.all()).as("with logs").isLessThan(before.all() + 10_000);
      lab.check();
    }
  }

  @Test
  void testJoinLeaveBasic5A() {
    try (ShardLab lab = new ShardLab("join-leave-basic", 2, 1, RELIABLE, 25)) {
      lab.clerks().putAll(KEYS, "v");
      lab.join(1);
      lab.clerks().checkAndAppend(KEYS, ";joined");
      lab.leave(0);
      WrongMap asking = new WrongMap(lab);
      for (int key = 0; key < KEYS; key++) {
        assertThat(asking.get(key, 0)).as("key %d of who has left", key).isEmpty();
      }
      lab.clerks().checkAndAppend(KEYS, ";left");
      lab.shutDown(0);
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }

  /** Nodes come and go one by one, and placement does by itself what that calls for. */
  private static void manyJoinLeave(String name, Faults.Network network, long seed) {
    try (ShardLab lab = new ShardLab(name, 4, 1, network, seed)) {
      lab.clerks().putAll(KEYS, "v");
      lab.await(lab.admin().setBalance(true), 10 * SECOND);
      for (SimNode node : lab.whole().nodes().subList(3, 11)) {
        node.start();
        lab.sleep(SECOND / 5);
      }
      lab.await("evened out", ShardLab.MOVE_MICROS, () -> isEven(lab.view(), 11));
      lab.clerks().checkAndAppend(KEYS, ";joined");
      lab.retire(lab.whole().nodes().subList(0, 8));
      lab.clerks().checkAndAppend(KEYS, ";left");
      lab.whole().nodes().subList(0, 8).forEach(SimNode::die);
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }

  private static boolean isEven(ClusterView view, int nodes) {
    long[] held =
        view.nodesSince(0).stream()
            .mapToLong(
                node ->
                    view.shardsSince(0).stream()
                        .filter(shard -> shard.replicaOn(node.id()).isPresent())
                        .count())
            .toArray();
    return held.length == nodes
        && view.jobs().isEmpty()
        && LongStream.of(held).max().orElseThrow() - LongStream.of(held).min().orElseThrow() <= 1;
  }

  @Test
  void testManyJoinLeaveReliable5A() {
    manyJoinLeave("many-join-leave", RELIABLE, 26);
  }

  @Test
  void testManyJoinLeaveUnreliable5A() {
    manyJoinLeave("many-join-leave-unreliable", UNRELIABLE, 27);
  }

  @Test
  void testShutdown5A() {
    try (ShardLab lab = new ShardLab("shutdown", 2, 1, RELIABLE, 28)) {
      lab.clerks().putAll(KEYS, "v");
      lab.join(1);
      lab.clerks().checkAndAppend(KEYS, ";joined");
      List.of(0, 1).forEach(lab::shutDown);
      lab.sleep(SECOND);
      List.of(0, 1).forEach(lab::start);
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }

  @Test
  void testProgressShutdown5A() {
    try (ShardLab lab = new ShardLab("progress-shutdown", 5, 1, RELIABLE, 29)) {
      lab.clerks().putAll(KEYS, "v");
      lab.join(1, 2, 3, 4);
      List.of(1, 2).forEach(lab::shutDown);
      Map<Integer, CompletableFuture<Outcome>> gets = lab.clerks().getAll(KEYS);
      lab.sleep(2 * SECOND);
      gets.forEach(
          (key, get) -> {
            boolean down = lab.shardsOf(1).contains(key) || lab.shardsOf(2).contains(key);
            assertThat(get.isDone()).as("key %d is read", key).isEqualTo(!down);
          });
      assertThat(gets.values().stream().filter(CompletableFuture::isDone)).hasSize(6);
      for (int group : List.of(0, 3, 4)) {
        lab.clerks().checkPrompt(lab.shardsOf(group));
      }
      List.of(1, 2).forEach(lab::start);
      gets.forEach((key, get) -> lab.clerks().checkIs(key, lab.await(get, 5 * SECOND)));
      lab.check();
    }
  }

  /** Of shards that stay, while others come and go without end. */
  @Test
  void testProgressJoin5A() {
    try (ShardLab lab = new ShardLab("progress-join", 2, 1, RELIABLE, 30)) {
      lab.clerks().putAll(KEYS, "v");
      lab.join(1);
      List<Integer> staying = lab.shardsOf(0);
      List<Long> healthy = timesOfReads(lab, staying, false);
      long movedBefore = moved(lab);
      List<Long> meanwhile = timesOfReads(lab, staying, true);
      assertThat(moved(lab) - movedBefore).as("replicas moved").isGreaterThan(20);
      assertThat(healthy).as("reads in 12 s").hasSizeGreaterThan(1_000);
      assertThat(meanwhile).as("reads meanwhile").hasSizeGreaterThan(healthy.size() * 9 / 10);
      assertThat(Collections.max(meanwhile))
          .as("longest, us")
          .isLessThanOrEqualTo(2 * Collections.max(healthy));
      lab.settle();
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }

  private static long moved(ShardLab lab) {
    return lab.whole().world().counts().of(FaultKind.MOVE);
  }

  /** One read after the other for 12 s. */
  private static List<Long> timesOfReads(ShardLab lab, List<Integer> keys, boolean moving) {
    List<Long> times = new ArrayList<>();
    long until = lab.now() + 12 * SECOND;
    boolean joined = true;
    while (lab.now() < until) {
      if (moving && lab.isSettled(0, 1)) {
        joined = !joined;
        lab.begin(joined, 1);
      }
      long asked = lab.now();
      int key = keys.get(times.size() % keys.size());
      lab.clerks().checkIs(key, lab.await(lab.clerk().get(key), SECOND));
      times.add(lab.now() - asked);
    }
    return times;
  }

  /** Clerks at work for 20 s while a group comes and goes. */
  private static void concurrentClerks(String name, int clerks, Faults.Network network, long seed) {
    try (ShardLab lab = new ShardLab(name, 2, clerks, network, seed)) {
      Chance chance = new Chance(seed);
      lab.clerks().keepBusy(KEYS);
      long until = lab.now() + 20 * SECOND;
      for (boolean joins = true; lab.now() < until; joins = !joins) {
        lab.begin(joins, 1);
        lab.sleep(chance.between(SECOND, 4 * SECOND));
      }
      lab.settle();
      lab.clerks().checkTheyGoOn(10);
      lab.check();
    }
  }

  @Test
  void testOneConcurrentClerkReliable5A() {
    concurrentClerks("one-clerk", 1, RELIABLE, 31);
  }

  @Test
  void testManyConcurrentClerkReliable5A() {
    concurrentClerks("many-clerks", 10, RELIABLE, 32);
  }

  @Test
  void testOneConcurrentClerkUnreliable5A() {
    concurrentClerks("one-clerk-unreliable", 1, UNRELIABLE, 33);
  }

  @Test
  void testManyConcurrentClerkUnreliable5A() {
    concurrentClerks("many-clerks-unreliable", 10, UNRELIABLE, 34);
  }
}
