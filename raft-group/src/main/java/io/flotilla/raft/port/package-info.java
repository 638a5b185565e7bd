/**
 * What a replica needs from outside, and what it offers: the log's disk, the network, the state
 * machine, and where snapshots lie and who asks for them. Each port's Javadoc says who calls,
 * whether it may block, what is durable when it returns, and what a failure means; each has one
 * contract test, run against each of its makers.
 */
@NullMarked
package io.flotilla.raft.port;

import org.jspecify.annotations.NullMarked;
