/**
 * What should be, as functions of what is: {@link KeyspacePlanner} turns a wish for a keyspace and
 * a view of the cluster into shard descriptors, {@link MovePlanner} says where a replica goes.
 * Promises: the same arguments give the same plan anywhere; no clock, chance or I/O. Leaves to
 * {@code placement.store} to refuse a plan whose view has meanwhile moved. Start at {@link
 * KeyspacePlanner}.
 */
@NullMarked
package io.flotilla.placement.plan;

import org.jspecify.annotations.NullMarked;
