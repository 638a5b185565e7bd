package io.flotilla.deploy.whole;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.World;
import io.flotilla.router.client.AdminClient;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.KvException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Asks for what operators ask for, through the SDK, and does to nodes what they and their machines
 * do. Each kind is on in some runs and off in others. One thread.
 */
final class Operator {
  /** What may be wanted. */
  enum Wish {
    SPLIT,
    MERGE,
    ADD_SHARDS,
    MOVE,
    TRANSFER,
    DRAIN,
    UNDRAIN,
    CANCEL,
    NODE_JOINS,
    NODE_DIES
  }

  private static final int SHARDS_MAX = 14;
  private static final double WANTED = 0.7;

  private final WholeCluster whole;
  private final SimNode spare;
  private final World world;
  private final Chance chance;
  private final AdminClient admin;
  private final Set<Wish> wishes = EnumSet.noneOf(Wish.class);
  private final long everyMicros;
  private boolean stopped;
  private long drained;

  /**
   * @param spare a node that is not there from the beginning
   */
  Operator(WholeCluster whole, SimNode spare, AdminClient admin) {
    this.whole = whole;
    this.spare = spare;
    this.world = whole.world();
    this.chance = world.chance().fork();
    this.admin = admin;
    for (Wish wish : Wish.values()) {
      if (chance.happens(WANTED)) {
        wishes.add(wish);
      }
    }
    this.everyMicros = world.ticks(chance.oneOf(5, 20, 40));
  }

  /** In no run, not even in those in which it is on. */
  void neverWants(Set<Wish> unwanted) {
    wishes.removeAll(unwanted);
  }

  void start() {
    world.clock().after(chance.between(1, 2 * everyMicros), this::next);
  }

  void stop() {
    stopped = true;
  }

  private void next() {
    if (stopped) {
      return;
    }
    if (!wishes.isEmpty()) {
      whole.newestView().ifPresent(view -> act(chance.oneOf(wishes.toArray(Wish[]::new)), view));
    }
    start();
  }

  private void act(Wish wish, ClusterView view) {
    List<Shard> shards = view.shards().values().stream().map(Revised::value).toList();
    if (shards.isEmpty()) {
      return;
    }
    Shard shard = shards.get(chance.below(shards.size()));
    Node node = view.nodesSince(0).get(chance.below(view.nodes().size()));
    switch (wish) {
      case SPLIT -> {
        if (shards.size() < SHARDS_MAX) {
          ask(wish, admin.splitShard(shard.id(), cutOf(shard), false));
        }
      }
      case MERGE ->
          ask(
              wish,
              admin.mergeShard(mergeable(shards).orElse(shard).id(), OptionalLong.empty(), false));
      case ADD_SHARDS -> {
        if (shards.size() < SHARDS_MAX) {
          ask(wish, admin.addShards("default", chance.between(1, 2), false));
        }
      }
      case MOVE -> {
        long from = shard.replicas().get(chance.below(shard.replicas().size())).node();
        ask(wish, admin.moveReplica(shard.id(), from, OptionalLong.empty(), false));
      }
      case TRANSFER -> ask(wish, admin.transferLeader(shard.id(), OptionalLong.empty(), false));
      case DRAIN -> {
        drained = drained == 0 ? node.id() : drained; // one, or too few would be left
        ask(wish, admin.drainNode(drained, false));
      }
      case UNDRAIN ->
          view.nodesSince(0).stream()
              .filter(Node::isDraining)
              .forEach(draining -> ask(wish, admin.undrainNode(draining.id())));
      case CANCEL -> {
        List<Job> jobs = new ArrayList<>(view.jobs().values());
        if (!jobs.isEmpty()) {
          ask(wish, admin.cancelJob(jobs.get(chance.below(jobs.size())).id()));
        }
      }
      case NODE_JOINS -> {
        if (!spare.isUp()) {
          world.counts().add(FaultKind.WISH);
          spare.start();
        }
      }
      case NODE_DIES -> nodeDies(view);
    }
  }

  /** One that a neighbour can absorb, as they are now. */
  private Optional<Shard> mergeable(List<Shard> shards) {
    List<Shard> some =
        shards.stream()
            .filter(one -> shards.stream().anyMatch(other -> Merge.misfit(one, other).isEmpty()))
            .toList();
    return some.isEmpty() ? Optional.empty() : Optional.of(some.get(chance.below(some.size())));
  }

  /** Mostly between two of the users' keys; else where the data's middle is. */
  private Optional<Bytes> cutOf(Shard shard) {
    return shard.keyspace() == 1 && chance.happens(0.8)
        ? Optional.of(Bytes.of((byte) chance.between(1, 255)))
        : Optional.empty();
  }

  /** One of them, for good; the others then hold enough of each shard. */
  private void nodeDies(ClusterView view) {
    List<SimNode> up = whole.nodes().stream().filter(SimNode::isUp).toList();
    boolean mayDie =
        whole.nodes().stream().noneMatch(SimNode::isDead)
            && view.nodes().size() >= WholeSimulation.NODES
            && view.shards().values().stream()
                .allMatch(shard -> shard.value().voters() >= whole.policy().replicas())
            && !up.isEmpty();
    if (mayDie) {
      SimNode victim = up.get(chance.below(up.size()));
      world.counts().add(FaultKind.DEATH);
      world.trace().add("dies", victim.id(), victim.node(), 0, victim::address);
      victim.die();
    }
  }

  /** What is refused, or not answered in time, may be wanted again some other time. */
  private void ask(Wish wish, CompletableFuture<?> answer) {
    world.trace().add("wish", 0, wish.name().hashCode(), 0, wish::name);
    answer.whenComplete(
        (given, failure) ->
            world
                .clock()
                .after(
                    0,
                    () -> {
                      if (failure == null) {
                        world.counts().add(FaultKind.WISH);
                      } else if (!(failure instanceof KvException)) {
                        throw new AssertionError("SDK: " + wish + " failed otherwise", failure);
                      }
                      world
                          .trace()
                          .add(
                              "granted",
                              0,
                              wish.name().hashCode(),
                              failure == null ? 1 : 0,
                              () -> wish + ": " + (failure == null ? given : failure));
                    }));
  }
}
