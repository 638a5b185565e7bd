/**
 * Many groups on few threads. A {@code RaftRuntime} has a few loops, each of which owns the Raft
 * state of its groups; apply workers, each of which runs the state machines of its groups; and
 * fetchers, which read old entries from the log's disk for followers that lag. A group is pinned to
 * one loop and one worker: no thread, timer or lock per group.
 *
 * <p>One turn of a loop takes what came in, steps the touched groups, hands their log records to
 * the log store as one batch, and sends what may leave before the sync; a later turn sends what had
 * to wait for it. {@code Loop.turn} is that, and the order of its lines is the safety argument.
 *
 * <p>Promises: nothing leaves before its sync that must not; a proposal's future tells a refusal
 * from an outcome that is not known; what comes from outside is bounded (proposals are refused,
 * messages dropped), and what the parts tell each other is never dropped, because it is a flag on
 * the group and not a message in a queue ({@code Summons}). Leaves the algorithm to {@code
 * raft.core}, and disk, network and state to the ports. Every part is an {@code Agent} that a
 * thread or a simulator drives.
 *
 * <p>A node whose log's disk hangs would keep its leaderships for ever and answer nobody:
 * heartbeats need no disk. So it hands them over after a few election timeouts, asks for no votes
 * and takes none over ({@code Retreat}), and if the disk does not get on for long, {@code
 * StallWatch} ends the process.
 *
 * <p>Every replica can be read: {@link RaftGroup#readBarrier} is linearizable at any of them,
 * {@link RaftGroup#appliedAtLeast} waits for what somebody has seen, and {@link RaftGroup#stateAge}
 * says how old the state is at most. The age comes from read barriers and not from heartbeats,
 * which would say too little; see {@code Freshness}.
 *
 * <p>A replica that is too far behind gets a snapshot: {@code SnapshotFetcher} brings it from
 * another node, whose {@code SnapshotSender} has it made, shares it among all who ask and keeps it
 * under a lease. {@code SnapshotLoader} loads it beside the present state, and then the loop offers
 * it to the core. If that takes it, the write that begins the log anew names it, and when that is
 * durable the apply thread goes on from it ({@code Replica.begin}, {@code ApplyLane.adopt}): a
 * crash leaves the old state or the new one. How far a log is cut, {@code LogCutter} says; where it
 * waits for the state to be durable, {@code StateFlusher} has it flushed.
 *
 * <p>The cache of recent entries is not one shared map but a ring per group under one budget per
 * loop, evicted oldest first: only its loop ever touches it, so it needs no lock, and an entry that
 * is not yet durable is simply not evicted.
 *
 * <p>Start at {@link io.flotilla.raft.runtime.RaftRuntime}, then {@code Loop}.
 */
@NullMarked
package io.flotilla.raft.runtime;

import org.jspecify.annotations.NullMarked;
