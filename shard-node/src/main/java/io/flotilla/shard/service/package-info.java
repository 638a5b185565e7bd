/**
 * A storage node: the process that opens its directory, runs its shards, and answers reads and
 * writes of them.
 *
 * <p>A request is checked here, on an event loop, before it costs anything: sizes, session, the
 * version it was routed by. Writes go to the shard's Raft group and are answered when they are
 * applied; reads wait until the replica is as new as their level demands ({@code ReadGate}) and
 * then run on a bounded pool, since they block on the disk. The version is looked at again where it
 * counts: of a write when it is applied, of a read when the state is in view, since meanwhile the
 * shard may have been cut in two, frozen or merged. Every refusal says whether the request
 * certainly had no effect.
 *
 * <p>Start at {@link io.flotilla.shard.service.ShardNode}, then {@code KvService}.
 */
@NullMarked
package io.flotilla.shard.service;

import org.jspecify.annotations.NullMarked;
