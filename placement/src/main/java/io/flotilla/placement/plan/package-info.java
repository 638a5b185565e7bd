/**
 * What should be, as functions of what is. {@link Planner} turns a view of the cluster, and what
 * nodes say of themselves, into the jobs to be begun now; {@link WishPlanner} plans one job that
 * somebody asked for, {@link KeyspacePlanner} a keyspace; {@link LossPlanner} finds what is lost
 * for good, and what is left of it; {@link Why} explains.
 *
 * <p>Schedulers act one after the other on one {@link Draft}, the cluster as it will be: repair
 * (the dead are replaced, then shards get the replicas that they lack), drain, growth, then (unless
 * balancing is off) zones and racks, sizes, loads, small neighbours (merged, or brought together to
 * be merged), replicas, leaders. What forbids something is a {@link Rule}, a named condition that
 * says why in the same code that forbids, so that {@code why} cannot tell anything but what the
 * planner went by.
 *
 * <p>Promises: the same arguments give the same plan anywhere, without clock, chance or I/O; plans
 * come to an end, and no state of the cluster is planned twice on the way; only replicas that have
 * to move do. A shard has one job at a time; jobs under way count as done. One that has more
 * replicas than are asked for is left alone. Nothing is planned while half of the nodes or more are
 * silent.
 *
 * <p>Leaves to {@code placement.store} to refuse a plan whose view has meanwhile moved, and to
 * {@code placement.service} to say who is dead. Not here yet: leaders evened out by what they are
 * asked (their number is), and weights of nodes that differ in size.
 */
@NullMarked
package io.flotilla.placement.plan;

import org.jspecify.annotations.NullMarked;
