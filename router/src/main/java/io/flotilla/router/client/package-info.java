/**
 * The client SDK: everything a program needs to use the store, and all that the command line, the
 * load tester and the gateway use.
 *
 * <p>Start at {@link FlotillaClient}: it knows where the placement members are, watches the map,
 * and hands out {@link KvClient}s (data of one keyspace) and the {@link AdminClient}. Asynchronous
 * first; {@link KvClient#sync} is the blocking view.
 *
 * <p>Promises: one deadline per call; a write that is retried, at whichever node, runs at most
 * once, because it keeps the serial number under which it was first sent; an error says whether the
 * operation certainly did not happen ({@link KvException#outcomeUnknown}); a read shows what its
 * {@link ReadLevel} says. No thread per call, no look-up per call, every queue bounded by {@link
 * LimitsConfig}.
 *
 * <p>Leaves to others: which shard holds a key and who leads it ({@code router.map}), connections
 * and frames ({@code rpc}), serial numbers ({@code session}).
 */
@NullMarked
package io.flotilla.router.client;

import org.jspecify.annotations.NullMarked;
