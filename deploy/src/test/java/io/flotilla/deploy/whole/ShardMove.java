package io.flotilla.deploy.whole;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Shard;
import io.flotilla.router.client.AdminClient;
import io.flotilla.router.client.KvException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Brings a shard to other nodes, replica by replica, as an operator would who looks again and
 * again: what is refused or lost is asked for once more. One thread.
 */
final class ShardMove {
  private static final long LOOK_MICROS = 50_000;

  private final WholeCluster whole;
  private final AdminClient admin;
  private final long shard;
  private final List<SimNode> to;
  private boolean asking;
  private boolean done;
  private boolean givenUp;

  private ShardMove(WholeCluster whole, AdminClient admin, long shard, List<SimNode> to) {
    this.whole = whole;
    this.admin = admin;
    this.shard = shard;
    this.to = to;
  }

  /**
   * @param admin of whoever asks for it
   */
  static ShardMove begin(WholeCluster whole, AdminClient admin, long shard, List<SimNode> to) {
    ShardMove move = new ShardMove(whole, admin, shard, to);
    move.goOn();
    return move;
  }

  /** Whether the map has all of the shard's replicas there, and no job of it. */
  boolean isDone() {
    return done;
  }

  /** Asks for nothing more; what was asked for may still be done. */
  ShardMove givenUp() {
    givenUp = true;
    return this;
  }

  private void goOn() {
    if (done || givenUp) {
      return;
    }
    if (!asking) {
      whole.newestView().ifPresent(this::look);
    }
    whole.world().clock().after(LOOK_MICROS, this::goOn);
  }

  private void look(ClusterView view) {
    boolean busy = view.jobs().values().stream().anyMatch(job -> job.shards().contains(shard));
    if (busy || !view.shards().containsKey(shard)) {
      return;
    }
    Shard now = view.shards().get(shard).value();
    List<Long> wanted = to.stream().map(SimNode::node).toList();
    Optional<Replica> wrong =
        now.replicas().stream().filter(one -> !wanted.contains(one.node())).findFirst();
    Optional<Long> free = wanted.stream().filter(node -> now.replicaOn(node).isEmpty()).findFirst();
    done = wrong.isEmpty() && !now.isJoint();
    if (wrong.isPresent() && free.isPresent()) {
      ask(wrong.get().node(), free.get());
    }
  }

  private void ask(long from, long target) {
    asking = true;
    admin
        .moveReplica(shard, from, OptionalLong.of(target), false)
        .whenComplete((job, failure) -> whole.world().clock().after(0, () -> answered(failure)));
  }

  private void answered(Throwable failure) {
    if (failure != null && !(failure instanceof KvException)) {
      throw new AssertionError("SDK: a move failed otherwise", failure);
    }
    asking = false;
  }
}
