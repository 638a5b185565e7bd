package io.flotilla.deploy.whole;

import io.flotilla.raft.sim.SimNetwork;
import io.flotilla.raft.sim.World;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a connection of TCP is to those who use it, over a network that loses, repeats and reorders:
 * each direction in order and once, or not at all. What does not arrive is sent again for a while;
 * then the connection breaks, as it does when either end crashes. One thread.
 */
final class SimConnection {
  private static final long AGAIN_MICROS = 300_000;
  private static final int SENT_MAX = 8;

  private final World world;
  private final SimNetwork<Runnable> network;
  private final List<Runnable> onBroken = new ArrayList<>();
  private boolean broken;

  /** One direction. */
  private final class Way {
    private final SimProcess from;
    private final SimProcess to;
    private final SimProcess.Life born;
    private final Map<Long, Runnable> early = new HashMap<>();
    private long sent;
    private long arrived;

    Way(SimProcess from, SimProcess to, SimProcess.Life born) {
      this.from = from;
      this.to = to;
      this.born = born;
    }

    void send(Runnable arrival) {
      transmit(++sent, arrival, 0);
    }

    private void transmit(long number, Runnable arrival, int times) {
      if (broken || number <= arrived || early.containsKey(number)) {
        return;
      }
      if (times == SENT_MAX) {
        breaks();
        return;
      }
      network.send(from.id(), to.id(), () -> arrives(number, arrival));
      world.clock().after(AGAIN_MICROS, () -> transmit(number, arrival, times + 1));
    }

    private void arrives(long number, Runnable arrival) {
      if (broken || number <= arrived) {
        return;
      }
      early.put(number, arrival);
      for (Runnable next = early.remove(arrived + 1);
          next != null;
          next = early.remove(arrived + 1)) {
        arrived++;
        to.during(born, next);
      }
    }
  }

  private final Way there;
  private final Way back;
  private final Runnable onCrash;

  /** Between two processes that are up. */
  SimConnection(
      World world,
      SimNetwork<Runnable> network,
      SimProcess client,
      SimProcess.Life clientBorn,
      SimProcess server,
      SimProcess.Life serverBorn) {
    this.world = world;
    this.network = network;
    this.there = new Way(client, server, serverBorn);
    this.back = new Way(server, client, clientBorn);
    this.onCrash = this::breaks;
    client.onCrash(onCrash);
    server.onCrash(onCrash);
  }

  void ask(Runnable arrival) {
    there.send(arrival);
  }

  void answer(Runnable arrival) {
    back.send(arrival);
  }

  boolean isBroken() {
    return broken;
  }

  /** Once, at either end. Runs at once if it is broken already. */
  void onBroken(Runnable action) {
    if (broken) {
      action.run();
    } else {
      onBroken.add(action);
    }
  }

  private void breaks() {
    if (!broken) {
      broken = true;
      there.to.forget(onCrash); // processes outlive most of their connections
      back.to.forget(onCrash);
      List<Runnable> told = List.copyOf(onBroken);
      onBroken.clear();
      told.forEach(Runnable::run);
    }
  }
}
