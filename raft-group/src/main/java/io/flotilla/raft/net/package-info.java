/**
 * {@code Transport} over {@code io.flotilla.rpc}: what all groups of this node say to another node
 * shares two connections, one for whatever may be large and one for heartbeats and votes, so that
 * bulk never delays a sign of life. Each node dials those that it writes to.
 *
 * <p>Snapshots are asked for over a third connection, {@link NettySnapshotTransport}, by requests
 * that have answers.
 *
 * <p>Promises: never blocks; every queue is bounded in bytes, and what does not fit is dropped, for
 * Raft repairs it; a frame is decoded only after its checksum and only if it comes from the node
 * that opened the connection and is for this one; decoded messages share no memory with the
 * network's buffers.
 *
 * <p>Leaves to others: who is who ({@code Function<NodeId, Optional<String>>}), and what becomes of
 * a message. Start at {@link NettyTransport}; the bytes are in {@link RaftCodec}.
 */
@NullMarked
package io.flotilla.raft.net;

import org.jspecify.annotations.NullMarked;
