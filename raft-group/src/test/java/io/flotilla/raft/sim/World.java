package io.flotilla.raft.sim;

import io.flotilla.raft.core.CoreConfig;

/** What all parts of one simulated world share. One thread. */
final class World {
  private final SimClock clock = new SimClock();
  private final Chance chance;
  private final Trace trace;
  private final RaftProperties properties;
  private final int replicas;
  private Faults faults;

  World(Chance chance, Faults faults, int replicas, boolean readableTrace) {
    this.chance = chance;
    this.faults = faults;
    this.replicas = replicas;
    this.trace = new Trace(clock, readableTrace);
    this.properties = new RaftProperties(replicas);
  }

  SimClock clock() {
    return clock;
  }

  Chance chance() {
    return chance;
  }

  Trace trace() {
    return trace;
  }

  RaftProperties properties() {
    return properties;
  }

  Faults faults() {
    return faults;
  }

  CoreConfig core() {
    return faults.core();
  }

  int replicas() {
    return replicas;
  }

  long ticks(long count) {
    return count * faults.tickMicros();
  }

  /** From now on nothing goes wrong of itself; clocks stay as uneven as they are. */
  void heal() {
    faults = faults.healed();
  }
}
