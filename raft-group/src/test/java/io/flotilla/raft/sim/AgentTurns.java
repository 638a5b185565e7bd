package io.flotilla.raft.sim;

import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.Agent;
import io.flotilla.raft.runtime.Doorbell;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Lets the agents of one life of a node take their turns when the clock says so. One thread. */
public final class AgentTurns {
  private final World world;
  private final int node;
  private final List<Agent> agents;
  private final Consumer<Runnable> unlessGone;
  private final Runnable worked;
  private final Set<Agent> due = new HashSet<>();

  /** When each agent's timer will wake it. */
  private final Map<Agent, Long> timed = new HashMap<>();

  /** What each agent that sleeps listens to. */
  private final Map<Agent, Doorbell> bells = new HashMap<>();

  /**
   * @param unlessGone lets something happen to this life of the node: now, later, or never
   * @param worked run after each turn that did something
   */
  public AgentTurns(
      World world, int node, List<Agent> agents, Consumer<Runnable> unlessGone, Runnable worked) {
    this.world = world;
    this.node = node;
    this.agents = agents;
    this.unlessGone = unlessGone;
    this.worked = worked;
  }

  /** Something has come in: whose bell was rung looks at it soon, each in its own time. */
  public void wake() {
    for (Agent agent : agents) {
      Doorbell bell = bells.get(agent);
      if (bell == null || !bell.isListening()) {
        later(agent, turnMicros(agent));
      }
    }
  }

  private long turnMicros(Agent agent) {
    Faults.Pace pace = world.faults().pace();
    if (agent.name().startsWith("raft-loop")) {
      return world.chance().between(1, 1 + pace.turnMicrosMax());
    } else if (agent.name().startsWith("raft-snapshot")) {
      return world.chance().oneOf(1L, Math.min(world.fetchMicros(), world.ticks(2)) / 4);
    }
    return world.chance().between(1, 1 + pace.applyMicrosMax());
  }

  private void later(Agent agent, long delayMicros) {
    if (due.add(agent)) {
      world.clock().after(delayMicros, () -> unlessGone.accept(() -> turn(agent)));
    }
  }

  private void turn(Agent agent) {
    due.remove(agent);
    Doorbell before = bells.get(agent);
    if (before != null) {
      before.stopListening();
    }
    Doorbell bell = agent.doorbell();
    bell.listen();
    bells.put(agent, bell);
    int work;
    try {
      work = agent.turn();
    } catch (StorageException broken) {
      throw new AssertionError("FATAL: " + agent.name() + " of node " + node, broken);
    }
    world.trace().add("turn", node, agent.name().hashCode(), work, () -> agent.name() + " " + work);
    if (work > 0) {
      worked.run();
    }
    if (work > 0 || agent.doorbell() != bell) {
      bell.stopListening();
    }
    wake();
    if (bell.isListening() && agent.idleNanos() < Long.MAX_VALUE) {
      wakeAt(agent, world.clock().nowMicros() + agent.idleNanos() / 1000 + 1);
    }
  }

  private void wakeAt(Agent agent, long micros) {
    if (timed.getOrDefault(agent, Long.MAX_VALUE) > micros) {
      timed.put(agent, micros);
      world
          .clock()
          .after(
              micros - world.clock().nowMicros(),
              () -> unlessGone.accept(() -> timer(agent, micros)));
    }
  }

  private void timer(Agent agent, long micros) {
    timed.remove(agent, micros);
    later(agent, 0);
  }
}
