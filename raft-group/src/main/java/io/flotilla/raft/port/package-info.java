/**
 * What a replica needs from outside, and what it offers: the log's disk, the network, the state
 * machine, and where snapshots lie and who asks for them. Each port's Javadoc says who calls,
 * whether it may block, what is durable when it returns, and what a failure means.
 *
 * <p>{@link LogStore}, {@link StateMachine}, {@link SnapshotStore}, {@link Transport} and {@link
 * SnapshotTransport} have contract tests, one each but two for the log, run against each of their
 * makers, in the product and in the simulator. What single tests of the runtime put in their place
 * has none.
 *
 * <p>Time is no port. The core counts ticks; the runtime is given two {@link
 * java.util.function.LongSupplier}s, one that never goes back and one that may ({@code
 * raft.runtime.RuntimePorts}), which in the product are the JDK's and in the simulator its own: a
 * contract would have nothing to say but that, and each simulated run depends on it.
 */
@NullMarked
package io.flotilla.raft.port;

import org.jspecify.annotations.NullMarked;
