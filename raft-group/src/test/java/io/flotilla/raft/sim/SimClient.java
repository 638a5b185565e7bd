package io.flotilla.raft.sim;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.History;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A client with one operation under way at a time, which it tries again under the same number until
 * it has an answer, or, now and then, gives up. Its session may be others' as well. One thread.
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
  private final ClientRecord record;
  private final SimSession session;
  private final Kind kind;
  private int sequence;
  private int target;
  private long attempt;
  private long attemptsForThis;
  private long finished;
  private boolean stopped;
  private History.@Nullable Call call;
  private @Nullable SimCommand command;
  private int key;
  private final Value[] seen = new Value[SimState.KEYS];

  SimClient(
      World world,
      RaftProperties properties,
      List<? extends Door> doors,
      ClientRecord record,
      SimSession session,
      Kind kind) {
    this.world = world;
    this.properties = properties;
    this.doors = doors;
    this.record = record;
    this.session = session;
    this.kind = kind;
    this.target = anyDoor();
    Arrays.fill(seen, Value.ABSENT);
  }

  void start() {
    world.clock().after(world.chance().between(0, world.ticks(1)), this::next);
  }

  /** Ends after the operation under way. */
  void stop() {
    stopped = true;
  }

  boolean idle() {
    return call == null;
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
      sequence = session.begin();
      command = new SimCommand(session.id(), sequence, key, change());
      call = record.write(command);
    } else {
      command = null;
      call = record.read(session.id(), key);
    }
    tryOnce();
  }

  /** One key counts, one is a list, the others hold what was last put there. */
  private Action change() {
    if (key == 0) {
      return new Action.Increment(world.chance().between(1, 3));
    }
    String unique = session.id() + "." + sequence;
    if (key == 1) {
      return new Action.Append(unique + ";");
    }
    return switch (world.chance().below(6)) {
      case 0 -> new Action.Delete();
      case 1, 2 -> new Action.CompareAndSet(seen[key], Value.of(unique));
      default -> new Action.Put(Value.of(unique));
    };
  }

  private void tryOnce() {
    long mine = ++attempt;
    attemptsForThis++;
    History.Call asked = call;
    SimCommand write = command == null ? null : session.stamped(command);
    int readKey = key;
    Door door = doors.get(target - 1);
    travel(() -> door.request(write, readKey, reply -> travel(() -> answered(asked, mine, reply))));
    long patience = world.ticks(world.chance().between(5, 40));
    world.clock().after(patience, () -> timedOut(mine));
  }

  /** Once or never, but perhaps so late that it is an attempt at what was given up long ago. */
  private void travel(Runnable arrival) {
    Faults.Network network = world.faults().network();
    if (world.chance().happens(network.loss())) {
      world.counts().add(FaultKind.LOSS);
    } else {
      Faults.Delay delay = network.delay();
      long micros =
          world.chance().happens(network.straggle())
              ? world.chance().between(delay.mostMicros(), delay.stragglerMicros())
              : world.chance().between(delay.leastMicros(), delay.mostMicros());
      world.clock().after(micros, arrival);
    }
  }

  private void timedOut(long mine) {
    if (mine != attempt || call == null) {
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

  private void answered(History.@Nullable Call asked, long mine, Reply reply) {
    if (asked == null || asked != call) {
      return;
    }
    if (reply instanceof Reply.Wrote wrote) {
      exactlyOnce(wrote.outcome());
      asked.returned(wrote.outcome());
      finish();
    } else if (reply instanceof Reply.Read read) {
      seen[key] = read.value();
      asked.returned(new Outcome.Saw(read.value()));
      finish();
    } else if (mine == attempt && takesNoForAnAnswer(asked, reply)) {
      finish();
    } else if (mine == attempt) {
      tryElsewhere(reply);
    }
  }

  /** What was refused the only time it was tried will never be done: some clients rely on that. */
  private boolean takesNoForAnAnswer(History.Call asked, Reply reply) {
    SimCommand write = command;
    boolean never = reply instanceof Reply.Refused && attemptsForThis == 1;
    if (never && write != null && world.chance().happens(0.2)) {
      record.refused(asked, write);
      return true;
    }
    return false;
  }

  /**
   * What the first execution did, in the one order of committed entries, is what a retry is told.
   */
  private void exactlyOnce(Outcome told) {
    Outcome truth = properties.truth().outcome(session.id(), sequence);
    if (!told.equals(truth)) {
      throw new AssertionError(
          "EXACTLY ONCE: client "
              + session.id()
              + " was told "
              + told
              + " for "
              + command
              + ", did "
              + truth);
    }
  }

  private void tryElsewhere(Reply reply) {
    Optional<Integer> hint =
        reply instanceof Reply.Refused refused ? refused.elsewhere() : Optional.empty();
    target = hint.orElseGet(this::anyDoor);
    long mine = ++attempt;
    world
        .clock()
        .after(
            world.ticks(1),
            () -> {
              if (mine == attempt && call != null) {
                tryOnce();
              }
            });
  }

  private void finish() {
    finished++;
    call = null;
    if (command != null) {
      session.end(command);
    }
    long think = world.ticks(1) / world.chance().oneOf(1, 4, 20);
    world.clock().after(think, this::next);
  }

  private int anyDoor() {
    return 1 + world.chance().below(doors.size());
  }
}
