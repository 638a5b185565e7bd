/**
 * The whole cluster on one simulated clock: three members of placement, nodes, their groups, and
 * clients of the SDK, all of them the real code, with a simulated network and simulated disks of
 * the logs under it (states are in RocksDB, as always). A seed draws what goes wrong and what
 * operators ask for meanwhile; start at {@link WholeSimulation}. {@link RecoverySimulation} has
 * clusters lose the majority of shards for good. Or a script says it: so the tests of the sharded
 * service of MIT's course are told; start at {@link ShardLab}.
 *
 * <p>Simulated is what lies outside: the clock, the executors ({@link SimLoop}), connections
 * ({@link SimConnections}), Raft's transport and the disks of logs ({@code raft.sim}). Left out are
 * the processes' own beginnings: data directories, listeners, configuration.
 */
@NullMarked
package io.flotilla.deploy.whole;

import org.jspecify.annotations.NullMarked;
