/**
 * This node's line to placement: registers the node, watches the map and hands what it says to
 * {@code shard.host}, and reports each second what changed in the shards here, with a number by
 * which placement sees whether it has missed something ({@code Acknowledged}). The answers to
 * reports carry placement's orders: to move or add replicas, which {@code Moves} does, to cut
 * shards in two, which {@code Splits} does, to merge them, which {@code Merges} does step by step,
 * to hand leadership over, which {@code Transfers} does, and to go on alone with a shard whose
 * majority is lost for good, which {@code Recoveries} does. When placement says that this node was
 * removed, it has to end. Orders that never can be carried out are refused with the next report.
 * Placement also asks after nodes that it does not hear; {@code Suspects} finds out whether this
 * one does.
 *
 * <p>Placement decides and this node obeys, but neither waits for the other: shards that are open
 * go on serving while no member of placement can be reached. All of a line's work is done by one
 * thread, which may block on the disk; what comes from the network passes a bounded inbox.
 *
 * <p>Start at {@link io.flotilla.shard.report.PlacementLink}.
 */
@NullMarked
package io.flotilla.shard.report;

import org.jspecify.annotations.NullMarked;
