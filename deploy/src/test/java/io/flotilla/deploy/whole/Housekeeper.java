package io.flotilla.deploy.whole;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Node;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.World;
import io.flotilla.router.client.AdminAnswer;
import io.flotilla.router.client.AdminClient;
import io.flotilla.router.client.KvException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Removes nodes that were drained, and turns balance off and on, in some runs and in a chance of
 * its own: those in which it does nothing are what they would be without it. One thread.
 */
final class Housekeeper {
  /** It works in two runs of so many; those that were red once are not among them. */
  private static final int RUNS = 5;

  private static final double REMOVES = 0.5;

  private final WholeCluster whole;
  private final World world;
  private final Chance chance;
  private final AdminClient admin;
  private final boolean works;
  private final long everyMicros;
  private boolean stopped;
  private boolean asks;
  private boolean balance = true;

  Housekeeper(WholeCluster whole, long seed, AdminClient admin) {
    this.whole = whole;
    this.world = whole.world();
    this.chance = new Chance(~seed);
    this.admin = admin;
    this.works = seed % RUNS == 2 || seed % RUNS == 4;
    this.everyMicros = world.ticks(chance.oneOf(5, 20));
  }

  void start() {
    if (works) {
      world.clock().after(chance.between(1, 2 * everyMicros), this::next);
    }
  }

  /** From now on balance is to be on. */
  void stop() {
    stopped = true;
  }

  /** Whether nothing that it has done lasts longer than the removal of nodes. */
  boolean isTidy() {
    return balance && !asks;
  }

  private void next() {
    if (stopped && isTidy()) {
      return;
    }
    if (!asks) {
      act();
    }
    start();
  }

  private void act() {
    Optional<Long> drained = whole.newestView().flatMap(Housekeeper::drained);
    if (stopped || drained.isEmpty() || !chance.happens(REMOVES)) {
      boolean on = stopped || chance.happens(0.5);
      balance &= on; // an answer that does not come says nothing
      ask(admin.setBalance(on), () -> balance = on);
    } else {
      ask(admin.removeNode(drained.get()), () -> {});
    }
  }

  private static Optional<Long> drained(ClusterView view) {
    return view.nodesSince(0).stream().filter(Node::isDraining).map(Node::id).findFirst();
  }

  /** What is refused, or not answered in time, is wanted again some other time. */
  private void ask(CompletableFuture<AdminAnswer> answer, Runnable granted) {
    asks = true;
    answer.whenComplete((given, failure) -> world.clock().after(0, () -> told(failure, granted)));
  }

  private void told(@Nullable Throwable failure, Runnable granted) {
    asks = false;
    if (failure == null) {
      world.counts().add(FaultKind.WISH);
      granted.run();
    } else if (!(failure instanceof KvException)) {
      throw new AssertionError("SDK: failed otherwise", failure);
    }
  }
}
