/**
 * A world made of numbers: clock, network and disks are simulated, one seed decides all chance, and
 * the product's own code runs in it on one thread. After every event Raft's properties are checked
 * ({@code RaftProperties}), in nodes also that nothing grows beyond its limits ({@code
 * LeaderBounds}, {@code LogBounds}, {@code MemoryBounds}), after healing that everything converges,
 * and that what clients were told is linearizable ({@code ClientRecord}, {@code raft.history}).
 * Clients number their writes as the SDK does, by its own {@code Session}. The nodes' states are
 * the simulator's own; {@code shard.kv} puts the product's in their place ({@code SimStates}).
 *
 * <p>Promises: the same seed gives the same trace; a violation names the line that replays it.
 * Leaves to others: real sockets and disks, which the contract tests of the ports cover. Start at
 * {@code Simulation}; what can go wrong in a run is {@code Faults}; {@code SimulationTest} runs a
 * thousand of them.
 */
@NullMarked
package io.flotilla.raft.sim;

import org.jspecify.annotations.NullMarked;
