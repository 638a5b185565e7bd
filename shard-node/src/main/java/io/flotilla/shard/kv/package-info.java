/**
 * The replicated state of a shard, and the database that holds the states of all shards of a node.
 *
 * <p>One RocksDB without a write-ahead log and with one column family ({@link
 * io.flotilla.shard.kv.KvStore}). Every apply round is one batch, which holds all effects of some
 * groups' entries and these groups' new applied indices. RocksDB's flushes keep a prefix of the
 * batches, so that after any crash each shard is exactly what its first {@code b} entries make of
 * it, {@code b} stands beside it, and the Raft log holds the rest. This rests on rules: one column
 * family; a group's batches come in order from one thread; only durable entries are applied; the
 * log is cut only up to an applied index that has been flushed; nothing else writes into a live
 * shard.
 *
 * <p>Keys begin with a generation (8 bytes, see {@code raft.state}) and a letter: {@code K} the
 * data by encoded key, {@code D} the completion records by routing key, client and sequence number,
 * {@code M} progress and descriptor by shard. A shard has, of the generation that its log names,
 * the data and the records in its range, and what stands under its id: that is what an image of it
 * holds, so that who goes on from one knows which writes were executed; and it is what is deleted
 * when it leaves. Ranges of shards that share a generation do not overlap.
 *
 * <p>They share one after a split ({@link io.flotilla.shard.kv.Split}), which is one entry of the
 * log: it narrows the shard's range and puts a new shard's progress and descriptor beside, in its
 * own batch; no data moves, and completion records, being kept by key, are with their keys on
 * either side. (Merges will give a shard keys of several generations; {@code ShardState.keysOf} is
 * where that will be said, and nothing that was written by this version is other than its default.)
 *
 * <p>Applying is deterministic: no clock, no chance, no order of a hash table. Time is the log time
 * that entries carry. A write takes effect at most once ({@link
 * io.flotilla.shard.kv.KvStateMachine}, {@code Sessions}).
 *
 * <p>Leaves consensus and durability of the log to {@code raft}, and everything about who may ask
 * to {@code shard.service}. Start at {@link io.flotilla.shard.kv.KvStateMachine}.
 */
@NullMarked
package io.flotilla.shard.kv;

import org.jspecify.annotations.NullMarked;
