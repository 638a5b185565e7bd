/**
 * The replicated map: {@link PlacementStateMachine} takes decisions out of placement's log, checks
 * each against the state it meets, and keeps the result in a RocksDB of its own without a WAL (the
 * log is the WAL). Promises: the same log gives the same state and the same answers on every
 * member; ids rise and are never used twice; revisions rise by one with each change; after a crash
 * the state on disk is that of some prefix of the log, and says which. Leaves planning to {@code
 * placement.plan} and all that is volatile to {@code placement.service}. Start at {@link
 * PlacementStateMachine}, then {@link ClusterState}.
 */
@NullMarked
package io.flotilla.placement.store;

import org.jspecify.annotations.NullMarked;
