/**
 * The Redis protocol in front of the store: {@link io.flotilla.router.gateway.RedisGateway} serves
 * one keyspace (by default {@code redis}) to any Redis client in any language. It keeps no state
 * but SCAN positions within one slot.
 *
 * <p><b>Promises.</b> Every command is linearizable and acknowledged only when it is durable.
 * Replies have the order of the commands. Commands of one connection that share a key take effect
 * in their order; SCAN and DBSIZE come after all before them and before all after them. Commands on
 * <em>different</em> keys that a client sent without waiting for the replies run at the same time:
 * another client may see the later one first. Who needs an order between keys waits for the reply.
 *
 * <p><b>Errors.</b> The first word says what a client may conclude. {@code UNKNOWN}: the write may
 * have been executed, or may yet be. Any other ({@code ERR}, {@code CLUSTERDOWN}, {@code TRYAGAIN},
 * {@code LOADING}, {@code NOPROTO}, {@code WRONGPASS}): it certainly was not and will not be. The
 * table is {@link io.flotilla.router.gateway.ErrorWords}.
 *
 * <p><b>Atomic or not.</b> Commands on one key are atomic. MSET, DEL and UNLINK of many keys are
 * atomic for each key, never as a whole, whichever shards the keys lie in: another client may see a
 * part, and when one fails, a part may have been done ({@code UNKNOWN}, with how many). MGET and
 * EXISTS read each key at a moment of its own.
 *
 * <p><b>Once or twice.</b> A write that the gateway itself retries runs once. A client that lost
 * its connection, or got {@code UNKNOWN}, and sends the command again may run it twice: INCR and
 * APPEND then count twice. Who needs more uses the SDK, or writes what may be repeated.
 *
 * <p><b>Bounds.</b> {@link io.flotilla.router.gateway.GatewayLimits}: a header that announces more
 * than allowed is refused before anything is kept, a client that does not read is not read from.
 * What all clients have not read yet has one bound ({@link
 * io.flotilla.router.gateway.ReplyMemory}): beyond it commands wait, and then who takes nothing is
 * closed.
 *
 * <p>Replies are encoded by Netty's Redis codec; requests are decoded here, see {@link
 * io.flotilla.router.gateway.RequestDecoder} for the reasons. Leaves everything behind a key to
 * {@code router.client}. Where to start: {@link io.flotilla.router.gateway.Connection} (one
 * client), {@link io.flotilla.router.gateway.Sequencer} (what may run together), {@link
 * io.flotilla.router.gateway.CommandTable} (what there is).
 */
@NullMarked
package io.flotilla.router.gateway;

import org.jspecify.annotations.NullMarked;
