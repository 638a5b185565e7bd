/**
 * Which shard holds a key, and which node probably leads it.
 *
 * <p>Start at {@link ShardMap}: an immutable picture that is replaced as a whole whenever placement
 * streams a change or a node answers with a newer descriptor, so that a look-up is one search in a
 * sorted array and never a request. {@link KeyCodec} turns a user's key into the encoded key that
 * shards are ranges of.
 *
 * <p>Promises: a descriptor never gives way to an older one, by epoch; an update of placement never
 * to an older one, by revision. Leaves to others: being right. A map may be stale at any moment;
 * the node that is asked checks the epoch and says so, and {@code router.client} tries again.
 */
@NullMarked
package io.flotilla.router.map;

import org.jspecify.annotations.NullMarked;
