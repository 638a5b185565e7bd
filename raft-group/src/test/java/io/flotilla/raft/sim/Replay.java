package io.flotilla.raft.sim;

import io.flotilla.raft.sim.Campaign.Violation;
import io.flotilla.raft.sim.RunKind.Run;
import java.util.Optional;

/**
 * A run once more, for its trace.
 *
 * @param run as it is after its end
 * @param outcome if nothing was found
 */
record Replay(SimRun run, Optional<Simulation.Outcome> outcome, Optional<Violation> found) {
  static Replay of(Run name) {
    SimRun run = name.begin().readable();
    try {
      return new Replay(run, Optional.of(run.run()), Optional.empty());
    } catch (RuntimeException | AssertionError found) {
      return new Replay(run, Optional.empty(), Optional.of(new Violation(name, found)));
    }
  }

  /**
   * Runs it two times.
   *
   * @throws AssertionError if they do not end alike, event by event
   */
  static Simulation.Outcome twice(Run run) {
    Simulation.Outcome first = run.begin().run();
    Simulation.Outcome second = run.begin().run();
    if (!second.equals(first)) {
      throw new AssertionError("REPLAY: first " + first + ", then " + second);
    }
    return first;
  }

  /** What a person types to have it. */
  static String command(Run name) {
    return System.getProperty("flotilla.launcher", "deploy/flotilla") + " sim --replay " + name;
  }

  /** Chance that leaked in would show here. */
  String comparedWith(Violation first) {
    String again = found.map(Violation::message).orElse("nothing found");
    return again.equals(first.message())
        ? "the same again when replayed"
        : "NOT THE SAME WHEN REPLAYED: " + again;
  }
}
