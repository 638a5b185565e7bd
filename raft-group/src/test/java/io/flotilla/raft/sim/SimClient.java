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
  /** A loyal one mostly reads, and stays where it is: it finds out who wrongly thinks it leads. */
  enum Kind {
    ROVING,
    LOYAL
  }

  private final World world;
  private final RaftProperties properties;
  private final List<? extends Door> doors;
  private final History history;
  private final int id;
  private final Kind kind;
  private int sequence;
  private int target;
  private long attempt;
  private long attemptsForThis;
  private long finished;
  private boolean stopped;
  private History.@Nullable Operation operation;
  private SimState.@Nullable Command command;
  private int key;

  SimClient(
      World world,
      RaftProperties properties,
      List<? extends Door> doors,
      History history,
      int id,
      Kind kind) {
    this.world = world;
    this.properties = properties;
    this.doors = doors;
    this.history = history;
    this.id = id;
    this.kind = kind;
    this.target = anyDoor();
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
    attemptsForThis = 0;
    if (world.chance().happens(kind == Kind.LOYAL ? 0.1 : 0.7)) {
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
    attemptsForThis++;
    History.Operation asked = operation;
    SimState.Command write = command;
    int readKey = key;
    Door door = doors.get(target - 1);
    travel(() -> door.request(write, readKey, reply -> travel(() -> answered(asked, mine, reply))));
    long patience = world.ticks(world.chance().between(5, 40));
    world.clock().after(patience, () -> timedOut(mine));
  }

  private void travel(Runnable arrival) {
    Faults.Network network = world.faults().network();
    if (!world.chance().happens(network.loss())) {
      Faults.Delay delay = network.delay();
      world.clock().after(world.chance().between(delay.leastMicros(), delay.mostMicros()), arrival);
    }
  }

  private void timedOut(long mine) {
    if (mine != attempt || operation == null) {
      return;
    }
    if (world.chance().happens(0.05)) {
      finish();
    } else {
      if (world.chance().happens(kind == Kind.LOYAL ? 0.3 : 0.7)) {
        target = anyDoor();
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
    } else if (mine == attempt && takesNoForAnAnswer(asked, reply)) {
      finish();
    } else if (mine == attempt) {
      tryElsewhere(reply);
    }
  }

  /** What was refused the only time it was tried will never be done: some clients rely on that. */
  private boolean takesNoForAnAnswer(History.Operation asked, Reply reply) {
    boolean never = reply instanceof Reply.Refused && command != null && attemptsForThis == 1;
    if (never && world.chance().happens(0.2)) {
      history.refused(asked);
      return true;
    }
    return false;
  }

  /**
   * What the first execution did, in the one order of committed entries, is what a retry is told.
   */
  private void exactlyOnce(SimState.Outcome told) {
    SimState.Outcome truth = properties.truth().outcome(id, sequence);
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
    target = hint.map(SimReplica::number).orElseGet(this::anyDoor);
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

  private int anyDoor() {
    return 1 + world.chance().below(doors.size());
  }
}
