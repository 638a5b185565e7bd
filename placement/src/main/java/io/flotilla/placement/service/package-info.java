/**
 * A member of placement as a process: it answers nodes, routers and tools, and streams the map.
 * {@code PlacementServer} puts it together. One thread, the {@link Desk}, does all that needs what
 * is volatile (who leads which shard, who is alive, who watches); network and Raft threads only
 * hand it work. Promises: what is answered comes from a leader that was still one when asked
 * ({@link LeaderGate}); a watcher that moves from a dead leader to the next one misses no revision
 * and gets none twice; no queue here is without a bound. Leaves decisions to {@code placement.plan}
 * and their keeping to {@code placement.store}. Start at {@link PlacementService}.
 */
@NullMarked
package io.flotilla.placement.service;

import org.jspecify.annotations.NullMarked;
