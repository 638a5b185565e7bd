/**
 * What the cluster consists of, as values: nodes, keyspaces, shards and their replicas, and {@link
 * ClusterView}, all of it at one revision. Promises: everything here is immutable, checks itself
 * when made, and knows no wire format, clock or disk; order is always that of ids or of unsigned
 * key bytes. Leaves to {@code placement.plan} what should be, and to {@code placement.store} how it
 * comes to be. Start at {@link ClusterView}.
 */
@NullMarked
package io.flotilla.placement.model;

import org.jspecify.annotations.NullMarked;
