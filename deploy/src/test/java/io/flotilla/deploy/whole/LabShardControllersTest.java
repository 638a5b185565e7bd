package io.flotilla.deploy.whole;

import static io.flotilla.deploy.whole.ShardLab.RELIABLE;
import static io.flotilla.deploy.whole.ShardLab.SECOND;
import static io.flotilla.deploy.whole.ShardLab.SHARDS;
import static io.flotilla.deploy.whole.ShardLab.UNRELIABLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.Shard;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.Faults;
import io.flotilla.router.client.AdminAnswer;
import io.flotilla.router.client.AdminClient;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * MIT 6.5840, the sharded service as it is since 2025 (laboratory 5B and 5C), told by {@link
 * ShardLab}; those of its tests in which the controller is what fails. What is half done there when
 * a controller dies is here a job of placement, which its next leader goes on with; what keeps
 * several controllers apart there is a lock, and here that a shard has one job at a time.
 */
class LabShardControllersTest {
  private static final int KEYS = 10;

  /** An election, and three replicas one after the other, each with a report each second. */
  @Test
  void testJoinLeave5B() {
    try (ShardLab lab = new ShardLab("join-while-down", 2, 1, RELIABLE, 41)) {
      lab.clerks().putAll(KEYS, "v");
      lab.shutDown(0);
      lab.beginJoin(1);
      lab.sleep(5 * SECOND);
      assertThat(lab.shardsOf(1)).hasSize(SHARDS / 2).noneMatch(lab::isMoved);
      lab.start(0);
      lab.await("joined", 5 * SECOND, () -> lab.isSettled(1));
      lab.clerks().checkAndAppend(KEYS, ";joined");
      lab.leave(0);
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }

  /** It is cut off in the middle of a change, and comes back when all is done. */
  @Test
  void testRecoverCtrler5B() {
    try (ShardLab lab = new ShardLab("recover", 2, 1, RELIABLE, 42)) {
      Chance chance = new Chance(42);
      lab.clerks().putAll(KEYS, "v");
      for (int round = 0; round < 5; round++) {
        lab.begin(round % 2 == 0, 1);
        lab.sleep(chance.between(0, 3 * SECOND));
        lab.isolate(List.of(lab.placementLeader()));
        lab.settle();
        lab.clerks().checkAndAppend(KEYS, ";" + round);
        lab.mend();
      }
      lab.check();
    }
  }

  /** Five operators want shards to be elsewhere, while placement changes its leader. */
  private static void concurrent(String name, Faults.Network network, long seed) {
    try (ShardLab lab = new ShardLab(name, 3, 5, network, seed)) {
      Chance chance = new Chance(seed);
      lab.clerks().putAll(KEYS, "v");
      List.of(1, 2).forEach(lab::start);
      List<ShardMove> wishes = new ArrayList<>();
      for (int round = 0; round < 8; round++) {
        for (ShardClerk operator : lab.clerks().all()) {
          AdminClient admin = operator.user().client().admin();
          wishes.add(lab.beginMove(admin, chance.below(SHARDS), chance.below(3)));
        }
        CompletableFuture<?> transfer = lab.admin().transferPlacement(1 + round % 3);
        lab.await("an answer or a refusal", 10 * SECOND, transfer::isDone);
        lab.sleep(SECOND);
      }
      assertThat(wishes.stream().filter(ShardMove::isDone)).as("granted").hasSizeGreaterThan(5);
      wishes.forEach(ShardMove::givenUp);
      lab.clerks().checkAndAppend(KEYS, ";moved");
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }

  @Test
  void testConcurrentReliable5C() {
    concurrent("controllers", RELIABLE, 43);
  }

  @Test
  void testAcquireLockConcurrentUnreliable5C() {
    concurrent("controllers-unreliable", UNRELIABLE, 44);
  }

  /** Who still takes itself for the leader begins something else than who leads by now. */
  @Test
  void testPartitionControllerJoin5C() {
    try (ShardLab lab = new ShardLab("old-controller", 3, 2, RELIABLE, 45)) {
      lab.clerks().putAll(KEYS, "v");
      List.of(1, 2).forEach(lab::start);
      SimMember old = lab.placementLeader();
      lab.cut(Set.of(old, lab.whole().users().get(0)), lab.whole().members());
      List<CompletableFuture<AdminAnswer>> wishes =
          IntStream.range(0, SHARDS)
              .mapToObj(
                  shard ->
                      lab.admin()
                          .moveReplica(
                              lab.shardId(shard),
                              lab.group(0).get(0).node(),
                              OptionalLong.of(lab.group(1).get(0).node()),
                              false))
              .toList();
      lab.placementLeader(old);
      AdminClient admin = lab.clerks().all().get(1).user().client().admin();
      List<ShardMove> moves =
          IntStream.range(5, SHARDS).mapToObj(shard -> lab.beginMove(admin, shard, 2)).toList();
      lab.await("moved", 20 * SECOND, () -> moves.stream().allMatch(ShardMove::isDone));
      lab.mend();
      lab.sleep(10 * SECOND);
      assertThat(wishes).allMatch(CompletableFuture::isCompletedExceptionally);
      for (int shard = 0; shard < SHARDS; shard++) {
        Shard now = lab.view().shards().get(lab.shardId(shard)).value();
        assertThat(now.nodes())
            .as("nodes of shard %d", shard)
            .containsExactlyInAnyOrderElementsOf(
                lab.group(shard < 5 ? 0 : 2).stream().map(SimNode::node).toList());
      }
      lab.clerks().checkAll(KEYS);
      lab.check();
    }
  }

  /** The old leader comes back while the next one is at it. */
  private static void partition(ShardLab lab, Chance chance, boolean join) {
    lab.begin(join, 1, 2);
    lab.sleep(chance.between(0, 2 * SECOND));
    lab.isolate(List.of(lab.placementLeader()));
    lab.sleep(chance.between(SECOND, 3 * SECOND));
    lab.mend();
    lab.settle();
  }

  private static void recoveryWithoutClerks(
      String name, int partitions, Faults.Network network, long seed) {
    try (ShardLab lab = new ShardLab(name, 3, 1, network, seed)) {
      Chance chance = new Chance(seed);
      lab.clerks().putAll(KEYS, "v");
      for (int round = 0; round < partitions; round++) {
        partition(lab, chance, round % 2 == 0);
        lab.clerks().checkAndAppend(KEYS, ";" + round);
      }
      lab.check();
    }
  }

  private static void recoveryWithClerks(String name, Faults.Network network, long seed) {
    try (ShardLab lab = new ShardLab(name, 3, 5, network, seed)) {
      Chance chance = new Chance(seed);
      lab.clerks().keepBusy(KEYS);
      long until = lab.now() + 60 * SECOND;
      for (boolean join = true; lab.now() < until; join = !join) {
        partition(lab, chance, join);
      }
      lab.clerks().checkTheyGoOn(10);
      lab.check();
    }
  }

  @Test
  void testPartitionRecoveryReliableNoClerk5C() {
    recoveryWithoutClerks("recovery", 5, RELIABLE, 46);
  }

  @Test
  void testPartitionRecoveryUnreliableNoClerk5C() {
    recoveryWithoutClerks("recovery-unreliable", 3, UNRELIABLE, 47);
  }

  @Test
  void testPartitionRecoveryReliableClerks5C() {
    recoveryWithClerks("recovery-clerks", RELIABLE, 48);
  }

  @Test
  void testPartitionRecoveryUnreliableClerks5C() {
    recoveryWithClerks("recovery-clerks-unreliable", UNRELIABLE, 49);
  }
}
