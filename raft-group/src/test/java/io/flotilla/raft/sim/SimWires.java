package io.flotilla.raft.sim;

import io.flotilla.raft.sim.Faults.Delay;
import io.flotilla.raft.sim.Faults.Network;
import java.util.function.BooleanSupplier;

/** A simulated network of three hosts, for the contracts of what goes over it. */
final class SimWires {
  static final int HOSTS = 3;
  static final Network CALM = Network.calm(1_000);
  static final Network BAD = new Network(0.3, 0.3, 0.2, 0, 0.1, new Delay(10, 1_000, 50_000));

  /** Far more than anything takes. */
  private static final long PATIENCE_MICROS = 60_000_000;

  final SimClock clock = new SimClock();
  final SimNetwork<Runnable> network;

  SimWires(Network faults) {
    network =
        new SimNetwork<>(clock, new Chance(1), HOSTS, faults, (from, to, arrival) -> arrival.run());
  }

  /** So that something happens though everything is lost, time passes in steps. */
  void until(BooleanSupplier done) {
    long deadline = clock.nowMicros() + PATIENCE_MICROS;
    while (!done.getAsBoolean()) {
      if (clock.nowMicros() >= deadline) {
        throw new AssertionError("not within " + PATIENCE_MICROS + " us");
      }
      clock.runUntil(clock.nowMicros() + 100_000, () -> false);
    }
  }
}
