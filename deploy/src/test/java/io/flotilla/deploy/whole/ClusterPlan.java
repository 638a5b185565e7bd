package io.flotilla.deploy.whole;

import io.flotilla.placement.service.PlacementPolicy;
import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.Faults;
import io.flotilla.raft.sim.WallClocks;
import io.flotilla.raft.sim.World;
import java.util.function.Function;

/**
 * Of what a simulated cluster is made and what may befall it: what does not depend upon a drawing
 * is given, the rest is drawn when its part is made.
 *
 * @param nodes that there may ever be; who starts them decides when
 * @param users programs that use the SDK
 * @param fetch how snapshots are fetched
 * @param clocks what time of day its processes believe that it is
 * @param digested how likely a replica is compared with the others when it is looked at
 */
record ClusterPlan(
    int nodes,
    int users,
    Faults faults,
    SnapshotFetchConfig fetch,
    Draws draws,
    Function<World, WallClocks> clocks,
    double digested) {
  /** What may be different in each run. */
  interface Draws {
    PlacementPolicy policy(Chance chance);

    /** How much of a group's log a process keeps. */
    long logRetainBytes(Chance chance);
  }
}
