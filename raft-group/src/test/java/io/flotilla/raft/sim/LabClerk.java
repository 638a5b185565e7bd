package io.flotilla.raft.sim;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.History;
import io.flotilla.raft.history.Outcome;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A client that does a given number of things to one key, one after the other and without a pause,
 * and never gives up: what is not answered in a second is asked again, under the same number, of
 * another server. Its session may be others' as well. One thread.
 */
final class LabClerk {
  private static final long PATIENCE_MICROS = 1_000_000;
  private static final long PAUSE_MICROS = 20_000;

  private final World world;
  private final ClientRecord record;
  private final SimSession session;
  private final int key;
  private final int count;
  private final IntFunction<Action> actions;
  private List<Door> doors;
  private int target;
  private int done;
  private long attempt;

  LabClerk(
      World world,
      ClientRecord record,
      List<Door> doors,
      SimSession session,
      int key,
      int count,
      IntFunction<Action> actions) {
    this.world = world;
    this.record = record;
    this.doors = doors;
    this.session = session;
    this.key = key;
    this.count = count;
    this.actions = actions;
  }

  int done() {
    return done;
  }

  /** From now on it asks these. */
  void knows(List<Door> others) {
    doors = others;
    target = 0;
  }

  void start() {
    next();
  }

  private void next() {
    if (done < count) {
      Action action = actions.apply(done + 1);
      if (action instanceof Action.Get) {
        ask(null, record.read(session.id(), key));
      } else {
        SimCommand command = new SimCommand(session.id(), session.begin(), key, action);
        ask(command, record.write(command));
      }
    }
  }

  private void ask(@Nullable SimCommand command, History.Call call) {
    long mine = ++attempt;
    Door door = doors.get(target);
    travel(
        () ->
            door.request(
                command == null ? null : session.stamped(command),
                key,
                reply -> travel(() -> answered(mine, command, call, reply))));
    world.clock().after(PATIENCE_MICROS, () -> again(mine, command, call));
  }

  /** As the network between servers is, so is that between them and their clients. */
  private void travel(Runnable arrival) {
    Faults.Network network = world.faults().network();
    if (!world.chance().happens(network.loss())) {
      Faults.Delay delay = network.delay();
      world.clock().after(world.chance().between(delay.leastMicros(), delay.mostMicros()), arrival);
    }
  }

  private void answered(long mine, @Nullable SimCommand command, History.Call call, Reply reply) {
    if (mine != attempt) {
      return;
    }
    if (reply instanceof Reply.Wrote wrote) {
      session.end(Objects.requireNonNull(command));
      done(call, wrote.outcome());
    } else if (reply instanceof Reply.Read read) {
      done(call, new Outcome.Saw(read.value()));
    } else {
      world.clock().after(PAUSE_MICROS, () -> again(mine, command, call));
    }
  }

  private void done(History.Call call, Outcome outcome) {
    attempt++;
    done++;
    call.returned(outcome);
    next();
  }

  private void again(long mine, @Nullable SimCommand command, History.Call call) {
    if (mine == attempt) {
      target = (target + 1) % doors.size();
      ask(command, call);
    }
  }
}
