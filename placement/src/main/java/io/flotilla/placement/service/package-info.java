/**
 * A member of placement as a process: it answers nodes, routers and tools, and streams the map.
 * {@code PlacementServer} puts it together. One thread, the {@link Desk}, does all that needs what
 * is volatile (who leads which shard, who is alive, who watches); network and Raft threads only
 * hand it work. Promises: what is answered comes from a leader that was still one when asked
 * ({@link LeaderGate}); a watcher that moves from a dead leader to the next one misses no revision
 * and gets none twice; no queue here is without a bound. Leaves decisions to {@code placement.plan}
 * and their keeping to {@code placement.store}. Start at {@link PlacementService}.
 *
 * <p>Jobs: {@link AdminDoor} takes those that somebody wants, {@link Steward} begins those that the
 * planner finds, {@link Orders} derives from them, at each report, what a node has to do, and
 * {@link JobWatch} ends those of which no descriptor says that they are over. What an ended job may
 * leave, a learner or a frozen shard, {@link Orders} has removed or taken back. All of that begins
 * anew with the next leader; only the jobs themselves are kept. {@link RecoveryDoor} takes the last
 * resort, shards that go on without a majority: what was shown to somebody who has agreed to it,
 * and only while nobody who has a vote may come back.
 *
 * <p>Placement's own group: who is to belong to it, and where those are, is decided in the log
 * ({@link MemberDoor}); whichever member leads has the group become that, learners first, then one
 * joint change ({@link MemberSteward}, {@link MemberStep}). What is configured only begins a group,
 * and afterwards helps to find one. {@link MemberExchange} tells members where others are, for one
 * that was away cannot answer a leader of which its own log does not know yet.
 *
 * <p>A node is dead when it has not reported to this leader for {@link
 * PlacementPolicy#nodeDeadMillis}, counted anew with each change of leadership, and most of the
 * others, asked in the replies to their reports, do not hear it either. One that placement alone
 * does not hear is unreachable, and left alone. However many are dead, nothing is planned unless
 * most nodes are heard.
 */
@NullMarked
package io.flotilla.placement.service;

import org.jspecify.annotations.NullMarked;
