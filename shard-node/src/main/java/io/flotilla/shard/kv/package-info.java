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
 * {@code M} progress, descriptor and extents by shard. A shard has, of its extents, the data and
 * the records, and of the generation that its log names what stands under its id. That is what is
 * deleted when it leaves; and it is what an image of it holds, but for the extents, which are those
 * of a new shard where it is loaded. So who goes on from one knows which writes were executed.
 * Ranges of shards that serve do not overlap.
 *
 * <p>Shards share a generation after a split ({@link io.flotilla.shard.kv.Split}), which is one
 * entry of the log: it narrows the shard's range and puts a new shard's progress and descriptor
 * beside, in its own batch; no data moves, and completion records, being kept by key, are with
 * their keys on either side.
 *
 * <p>A merge ({@link io.flotilla.shard.kv.Merge}) moves no data either. The source is frozen: it
 * changes no more, and serves no more. Once that is durable on all nodes, one entry of the target's
 * log makes the source's extents ({@code Extents}: pieces of the range, each in one generation) the
 * target's as well, in one batch with the united range. What is not written has one extent, all of
 * the range in the own generation; an image always has. Until the source is dissolved both name the
 * same keys: {@code Holdings} knows who has what, so that who leaves deletes what nobody else has.
 * The source's log may go only when the target's batch is durable, and an image of the source does
 * not take the place of the frozen source, for it may come from where the target has gone on.
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
