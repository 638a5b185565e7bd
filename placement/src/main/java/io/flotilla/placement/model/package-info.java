/**
 * What the cluster consists of, as values: nodes, keyspaces, shards and their replicas, the {@link
 * Job jobs} under way, and {@link ClusterView}, all of it at one revision. Promises: everything
 * here is immutable, checks itself when made, and knows no wire format, clock or disk; order is
 * always that of ids or of unsigned key bytes. A job knows what it does, with which shard it fits,
 * and what the group's own word means for it; a new kind of job does not compile until everything
 * that deals with jobs can deal with it. Leaves to {@code placement.plan} what should be, and to
 * {@code placement.store} how it comes to be. Start at {@link ClusterView}, then {@link Job}.
 */
@NullMarked
package io.flotilla.placement.model;

import org.jspecify.annotations.NullMarked;
