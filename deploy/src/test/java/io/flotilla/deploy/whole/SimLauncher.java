package io.flotilla.deploy.whole;

import io.flotilla.raft.sim.RunKind;
import io.flotilla.raft.sim.SimMain;
import io.flotilla.shard.kv.ShardSimulation;
import java.util.List;
import java.util.stream.Stream;

/** {@code flotilla sim}: all kinds of runs that there are. */
final class SimLauncher {
  private SimLauncher() {}

  public static void main(String[] arguments) {
    List<RunKind> usual =
        List.of(RunKind.CORE, RunKind.RUNTIME, ShardSimulation.KIND, WholeSimulation.KIND);
    List<RunKind> known =
        Stream.concat(
                RunKind.ALL.stream(),
                Stream.of(ShardSimulation.KIND, WholeSimulation.KIND, RecoverySimulation.KIND))
            .toList();
    SimMain.run(usual, known, arguments);
  }
}
