/**
 * The shards of this node: opens them by their descriptors, finds them by id, and says what a
 * request that names a wrong shard or epoch has to hear.
 *
 * <p>A shard's descriptor is kept with its state and is durable before its Raft group exists, so
 * that a restarted node opens its shards without asking placement. First replicas of a shard begin
 * from what its first descriptor says; all later ones know nothing until they have got an image
 * from the shard's leader. A replica that was removed or lost is never opened again; a later one of
 * the same shard, with a higher id, may be.
 *
 * <p>Leaves the map to {@code shard.report}, which feeds it, and requests to {@code shard.service}.
 * Start at {@link io.flotilla.shard.host.ShardHost}.
 */
@NullMarked
package io.flotilla.shard.host;

import org.jspecify.annotations.NullMarked;
