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
 * {@code M} the shard's progress and its descriptor. So an image of a generation is the whole
 * shard: who goes on from it knows which writes were executed.
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
