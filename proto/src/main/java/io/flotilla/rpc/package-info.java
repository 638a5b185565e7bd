/**
 * How processes talk: one framed, checksummed, bounded protocol on Netty for requests, streams and
 * peers' traffic, and the one table of errors that says what a caller does next ({@link
 * ErrorCode}).
 *
 * <p>A connection says at its beginning which cluster it belongs to, who is calling and what for
 * ({@link Hello}, {@link ConnectionKind}); what does not fit is told so once and closed. One
 * listener ({@link RpcServer}) serves all kinds. {@link RpcClient} calls; what goes between peers
 * is written through a {@link PeerLink} and read by a {@link PeerReceiver}.
 *
 * <p>Promises: no length is believed before its bytes are there; a frame is decoded only after its
 * checksum; every queue is bounded; a call fails with {@link ErrorCode#UNKNOWN_OUTCOME} exactly if
 * it may have reached the other side and no answer came. Nothing blocks an event loop, and a burst
 * of calls or answers costs one wake-up and one flush ({@link Outbox}).
 *
 * <p>Leaves to others: what requests mean, and whether to try again. Start at {@link FrameType} for
 * the bytes, at {@link RpcServer} and {@link RpcClient} for use.
 */
@NullMarked
package io.flotilla.rpc;

import org.jspecify.annotations.NullMarked;
