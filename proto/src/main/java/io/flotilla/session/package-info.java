/**
 * What a client and a shard must agree on so that each write is executed at most once (DESIGN 8;
 * RIFL, SOSP 2015): serial numbers, which of them are open, and below which one all have ended.
 *
 * <p>Promises: pure, without clock or chance, so that the simulator's clients are the SDK's in
 * this. Leaves to others: when a write ends ({@code router.client}), and the records of what was
 * executed ({@code shard.kv}). Start at {@link Session}.
 */
@NullMarked
package io.flotilla.session;

import org.jspecify.annotations.NullMarked;
