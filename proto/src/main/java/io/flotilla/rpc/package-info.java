/**
 * How processes talk: one framed, checksummed, bounded protocol on Netty for requests, streams and
 * peers' traffic, and the one table of errors that says what a caller does next ({@link
 * ErrorCode}). A connection says at its beginning which cluster it belongs to and what it is for
 * ({@link Hello}).
 */
@NullMarked
package io.flotilla.rpc;

import org.jspecify.annotations.NullMarked;
