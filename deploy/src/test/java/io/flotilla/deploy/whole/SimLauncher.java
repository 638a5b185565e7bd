package io.flotilla.deploy.whole;

import io.flotilla.raft.sim.RunKind;
import io.flotilla.raft.sim.SimMain;
import java.util.List;
import java.util.stream.Stream;

/** {@code flotilla sim}: all kinds of runs that there are. */
final class SimLauncher {
  private SimLauncher() {}

  public static void main(String[] arguments) {
    List<RunKind> known =
        Stream.concat(
                RunKind.ALL.stream(), Stream.of(WholeSimulation.KIND, RecoverySimulation.KIND))
            .toList();
    SimMain.run(List.of(RunKind.CORE, RunKind.RUNTIME, WholeSimulation.KIND), known, arguments);
  }
}
