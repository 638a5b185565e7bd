/**
 * The whole cluster on one simulated clock: three members of placement, nodes, their groups, and
 * clients of the SDK, all of them the real code, with a simulated network and simulated disks of
 * the logs under it (states are in RocksDB, as always). A seed draws what goes wrong and what
 * operators ask for meanwhile; start at {@link WholeSimulation}. {@link RecoverySimulation} has
 * clusters lose the majority of shards for good. Or a script says it: so the tests of the sharded
 * service of MIT's course are told; start at {@link ShardLab}.
 *
 * <p>What users do in a drawn run is {@link UserWork}: reads at each level, writes, scans, and
 * calls for several keys. What a linearizable part of it says of a key belongs to that key's
 * history; what a session is shown may be no older than what its user has {@link SeenByUsers}.
 *
 * <p>Simulated is what lies outside: the clock, the executors ({@link SimLoop}), connections
 * ({@link SimConnections}), Raft's transport and the disks of logs ({@code raft.sim}). Left out are
 * the processes' own beginnings: data directories, listeners, configuration.
 */
@NullMarked
package io.flotilla.deploy.whole;

import org.jspecify.annotations.NullMarked;
