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
 * <p>A shard that is cut off from another begins, on each node by itself, where the replica there
 * of the other one applies the split. Its state is in that batch; its log is made by another thread
 * once the state is durable, as for any shard. So after a crash there is nothing of it, and the
 * split is applied again; or its state without a log, which is then made; or both ({@code
 * Inventory}). Never a log without its state: this costs a flush for each split, and spares the
 * case that a vote outlives what it was for. Until a replica here of the other shard has come so
 * far, or is replaced by a snapshot from behind the split, or leaves, the new shard is neither
 * founded nor joins here: it would take its own data for missing.
 *
 * <p>A shard that was absorbed by its neighbour has nobody left to remove its replicas, so each
 * node ends its own: once the map has others in its place, by later versions, and the replica here
 * of who absorbed it would know so after a crash. A frozen state is kept although its replica is
 * gone, also across restarts, as long as who is to absorb it may have to do so again ({@code
 * Leavings}).
 *
 * <p>Who was routed by another version of a shard hears of all shards here that have any of what he
 * asked for, and of what was cut off last, so that one refusal teaches both sides.
 *
 * <p>Leaves the map to {@code shard.report}, which feeds it, and requests to {@code shard.service}.
 * Start at {@link io.flotilla.shard.host.ShardHost}.
 */
@NullMarked
package io.flotilla.shard.host;

import org.jspecify.annotations.NullMarked;
