package io.flotilla.deploy.whole;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Shard;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.World;
import io.flotilla.router.client.AdminClient;
import io.flotilla.router.client.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * The majority of a shard's nodes is lost for good at one moment: often in the middle of a job of
 * that shard, and often when one of those who are left had not heard of the others for a while. One
 * thread.
 */
final class Loss {
  private static final long BEGUN_MICROS_MAX = 3_000_000;
  private static final long BACK_MICROS_MAX = 60_000_000;

  private final WholeCluster whole;
  private final World world;
  private final Chance chance;
  private final AdminClient admin;
  private final List<SimNode> lost = new ArrayList<>();

  Loss(WholeCluster whole, AdminClient admin) {
    this.whole = whole;
    this.world = whole.world();
    this.chance = world.chance().fork();
    this.admin = admin;
  }

  /** Those who are. */
  List<SimNode> lost() {
    return lost;
  }

  void happen() {
    whole.within("nodes are back", BACK_MICROS_MAX, () -> !present().isEmpty());
    List<Shard> shards = new ArrayList<>(present());
    shards.removeIf(shard -> shard.voters() < whole.policy().replicas());
    if (shards.isEmpty()) {
      shards.addAll(present());
    }
    Shard shard = shards.get(chance.below(shards.size()));
    List<SimNode> nodes = new ArrayList<>(nodesOf(shard));
    SimNode behind = nodes.remove(chance.below(nodes.size()));
    if (chance.happens(0.7)) {
      whole.nodes().forEach(SimNode::flush); // what begins anew has applied most of its log
    }
    Runnable healing = troubleFor(behind);
    if (chance.happens(0.8)) {
      beginJob(shard);
    }
    whole.within(chance.oneOf(1L, 100_000L, 1_000_000L), () -> false);
    int many = whole.policy().replicas() / 2 + 1;
    while (lost.size() < many && !nodes.isEmpty()) {
      lost.add(nodes.remove(chance.below(nodes.size())));
    }
    boolean underWay = whole.newestView().orElseThrow().jobOf(shard.id()).isPresent();
    if (underWay) {
      world.counts().add(FaultKind.UNDER_WAY);
    }
    for (SimNode node : lost) {
      world.counts().add(FaultKind.DEATH);
      world.trace().add("dies", node.id(), node.node(), 0, node::address);
      node.die();
    }
    world.clock().after(chance.between(1, 2_000_000), healing);
  }

  /** Shards whose nodes are all there. */
  private List<Shard> present() {
    return whole.newestView().orElseThrow().shardsSince(0).stream()
        .filter(shard -> nodesOf(shard).size() == shard.nodes().size())
        .toList();
  }

  private List<SimNode> nodesOf(Shard shard) {
    return whole.nodes().stream()
        .filter(node -> node.node() != 0 && shard.replicaOn(node.node()).isPresent())
        .toList();
  }

  /** It knows less than the others, or is slow, or begins anew; returns what ends that. */
  private Runnable troubleFor(SimNode node) {
    boolean oneOfSeveral = whole.policy().replicas() > 3; // who is left is to differ
    switch (oneOfSeveral ? 0 : chance.below(5)) {
      case 0, 1 -> {
        whole.network().isolate(node.id());
        whole.within(chance.between(1, 6_000_000), () -> false);
        return whole.network()::mend;
      }
      case 2 -> {
        node.pause();
        whole.within(chance.between(1, 2_000_000), () -> false);
        return node::resume;
      }
      case 3 -> {
        node.crash();
        return node::start;
      }
      default -> {
        return () -> {};
      }
    }
  }

  private void beginJob(Shard shard) {
    long id = shard.id();
    switch (chance.below(4)) {
      case 0 -> ask(admin.splitShard(id, cut(shard), false));
      case 1 -> ask(admin.mergeShard(id, OptionalLong.empty(), false));
      case 2 -> {
        long from = shard.replicas().get(chance.below(shard.replicas().size())).node();
        ask(admin.moveReplica(id, from, OptionalLong.empty(), false));
      }
      default -> ask(admin.transferLeader(id, OptionalLong.empty(), false));
    }
    whole.within(
        BEGUN_MICROS_MAX,
        () ->
            whole.newestView().map(ClusterView::jobs).orElseThrow().values().stream()
                .anyMatch(job -> job.shards().contains(id)));
  }

  private Optional<Bytes> cut(Shard shard) {
    return shard.keyspace() == 1
        ? Optional.of(Bytes.of((byte) chance.between(1, 255)))
        : Optional.empty();
  }

  /** What is refused is not under way when it happens. */
  private void ask(CompletableFuture<?> answer) {
    answer.whenComplete(
        (given, failure) ->
            world.trace().add("wish", 0, failure == null ? 1 : 0, 0, () -> given + " " + failure));
  }
}
