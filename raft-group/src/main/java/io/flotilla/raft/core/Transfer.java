package io.flotilla.raft.core;

/**
 * Leadership on its way to another replica (thesis §3.10): it is asked to campaign once it holds
 * the whole log, which no longer grows meanwhile.
 *
 * @param deadlineTick of the leader, at which it gives up and serves again
 */
record Transfer(long token, ReplicaId to, long deadlineTick) {}
