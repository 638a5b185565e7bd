package io.flotilla.raft.sim;

import io.flotilla.raft.core.ReplicaId;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A client with one operation under way at a time, which it tries again under the same number until
 * it has an answer, or, now and then, gives up. One thread.
 */
final class SimClient {
  private final World world;
  private final List<SimReplica> replicas;
  private final History history;
  private final int id;
  private int sequence;
  private int target;
  private long attempt;
  private long finished;
  private boolean stopped;
  private History.@Nullable Operation operation;
  private SimState.@Nullable Command command;
  private int key;

  SimClient(World world, List<SimReplica> replicas, History history, int id) {
    this.world = world;
    this.replicas = replicas;
    this.history = history;
    this.id = id;
    this.target = anyReplica();
  }

  void start() {
    world.clock().after(world.chance().between(0, world.ticks(1)), this::next);
  }

  /** Ends after the operation under way. */
  void stop() {
    stopped = true;
  }

  boolean idle() {
    return operation == null;
  }

  long finished() {
    return finished;
  }

  private void next() {
    if (stopped) {
      return;
    }
    key = world.chance().below(SimState.KEYS);
    if (world.chance().happens(0.6)) {
      command = new SimState.Command(id, ++sequence, key);
      operation = history.invokeWrite(id, key, command.value());
    } else {
      command = null;
      operation = history.invokeRead(id, key);
    }
    tryOnce();
  }

  private void tryOnce() {
    long mine = ++attempt;
    History.Operation asked = operation;
    SimState.Command write = command;
    int readKey = key;
    travel(
        () ->
            replicas
                .get(target - 1)
                .request(write, readKey, reply -> travel(() -> answered(asked, mine, reply))));
    long patience = world.ticks(world.chance().between(5, 40));
    world.clock().after(patience, () -> timedOut(mine));
  }

  private void travel(Runnable arrival) {
    Faults.Network network = world.faults().network();
    if (!world.chance().happens(network.loss())) {
      long delay = world.chance().between(network.delayMicrosMin(), network.delayMicrosMax());
      world.clock().after(delay, arrival);
    }
  }

  private void timedOut(long mine) {
    if (mine != attempt || operation == null) {
      return;
    }
    if (world.chance().happens(0.05)) {
      finish();
    } else {
      if (world.chance().happens(0.7)) {
        target = anyReplica();
      }
      tryOnce();
    }
  }

  private void answered(History.@Nullable Operation asked, long mine, Reply reply) {
    if (asked == null || asked != operation) {
      return;
    }
    if (reply instanceof Reply.Wrote wrote) {
      exactlyOnce(wrote.outcome());
      history.wrote(asked, wrote.outcome().version());
      finish();
    } else if (reply instanceof Reply.Read read) {
      history.read(asked, read.version(), read.value());
      finish();
    } else if (mine == attempt) {
      tryElsewhere(reply);
    }
  }

  /**
   * What the first execution did, in the one order of committed entries, is what a retry is told.
   */
  private void exactlyOnce(SimState.Outcome told) {
    SimState.Outcome truth = world.properties().truth().outcome(id, sequence);
    if (!told.equals(truth)) {
      throw new AssertionError(
          "EXACTLY ONCE: client "
              + id
              + " was told "
              + told
              + " for "
              + command
              + ", did "
              + truth);
    }
  }

  private void tryElsewhere(Reply reply) {
    Optional<ReplicaId> hint =
        reply instanceof Reply.Refused refused ? refused.leader() : Optional.empty();
    target = hint.map(SimReplica::number).orElseGet(this::anyReplica);
    long mine = ++attempt;
    world
        .clock()
        .after(
            world.ticks(1),
            () -> {
              if (mine == attempt && operation != null) {
                tryOnce();
              }
            });
  }

  private void finish() {
    finished++;
    operation = null;
    long think = world.ticks(1) / world.chance().oneOf(1, 4, 20);
    world.clock().after(think, this::next);
  }

  private int anyReplica() {
    return 1 + world.chance().below(world.replicas());
  }
}
