/**
 * What a replica needs from outside, and what it offers: the log's disk, the network, the state
 * machine, and where snapshots lie and who asks for them. Each port's Javadoc says who calls,
 * whether it may block, what is durable when it returns, and what a failure means.
 *
 * <p>{@link LogStore}, {@link StateMachine}, {@link SnapshotStore}, {@link Transport} and {@link
 * SnapshotTransport} have contract tests, one each but two for the log, run against each of their
 * makers, those of the simulator included.
 */
@NullMarked
package io.flotilla.raft.port;

import org.jspecify.annotations.NullMarked;
