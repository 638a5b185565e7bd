package io.flotilla.raft.sim;

import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * What a seed is the seed of. A kind and a seed name a run, wherever it was found: {@code flotilla
 * sim --replay} takes them.
 */
public record RunKind(String name, LongFunction<SimRun> of) {
  /** Mostly five replicas; now and then another number. */
  public static final RunKind CORE =
      new RunKind(
          "core",
          seed -> {
            int size = seed % 20 == 7 ? 3 : seed % 50 == 13 ? 7 : seed % 50 == 31 ? 1 : 5;
            return Simulation.of(seed, size);
          });

  public static final RunKind RUNTIME =
      new RunKind("runtime", seed -> RuntimeSimulation.of(seed, seed % 5 == 4 ? 5 : 3));

  /** With one judge fewer: nobody knows what was committed when a read began. */
  static final RunKind CORE_BY_CLIENTS =
      new RunKind("core-by-clients", seed -> Simulation.of(seed, 5).judgedByClientsAlone());

  static final RunKind RUNTIME_BY_CLIENTS =
      new RunKind(
          "runtime-by-clients", seed -> RuntimeSimulation.of(seed, 3).judgedByClientsAlone());

  public static final List<RunKind> ALL =
      List.of(CORE, RUNTIME, CORE_BY_CLIENTS, RUNTIME_BY_CLIENTS);

  /** One run. Its text is what {@link #named} reads. */
  public record Run(RunKind kind, long seed) {
    public SimRun begin() {
      return kind.of().apply(seed);
    }

    @Override
    public String toString() {
      return kind.name() + ":" + seed;
    }
  }

  /** A run by its name, as in {@code core:17}; empty if that names none. */
  public static Optional<Run> named(List<RunKind> kinds, String name) {
    int colon = name.indexOf(':');
    try {
      long seed = Long.parseLong(name.substring(colon + 1));
      return kinds.stream()
          .filter(kind -> colon > 0 && kind.name().equals(name.substring(0, colon)))
          .map(kind -> new Run(kind, seed))
          .findFirst();
    } catch (NumberFormatException noSeed) {
      return Optional.empty();
    }
  }
}
