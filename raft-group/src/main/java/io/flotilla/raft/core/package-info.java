/**
 * The Raft algorithm as a function of its inputs: {@link RaftCore#step} takes what happened, {@link
 * RaftCore#drain} says what to do about it. No clock, thread, socket, disk or logger: a tick is an
 * input, and chance comes from {@link Chance}. Start at {@link RaftCore}, go on to {@link Replica}
 * (term, vote, log, membership: what outlives a role) and {@link Role} with its four classes, whose
 * handlers return the next role. The rest are small parts with one idea each: {@link LogTail},
 * {@link Quorum}, {@link Ballot}, {@link FastBackup}, {@link Peer}, {@link ReadRounds}, {@link
 * UnsyncedBatches}.
 *
 * <p>Promises, if the host keeps the contract of {@link Effects}:
 *
 * <ul>
 *   <li>At most one leader per term, and what is committed stays (§5). A broken promise is noticed
 *       rather than spread: {@link InvariantViolation} means that the replica has to stop.
 *   <li>Nothing that speaks for this replica's disk leaves before the disk has it: votes, requests
 *       for votes and acknowledgements wait for the sync, and so does everything else while the
 *       term itself is not durable. Only the leader's appends and heartbeats overtake its own disk,
 *       and it counts itself only as far as that is (thesis §10.2.1).
 *   <li>Entries are handed to the state machine once each, in order, when they are committed and
 *       durable here; none that a snapshot covers, once that is durable as the state.
 *   <li>A read index is answered only by a leader that has committed an entry of its term, after a
 *       quorum has confirmed a round that began after the read came in (thesis §6.4).
 *   <li>What several steps make due is said once, at their common drain: proposals that came
 *       together leave in one append, reads that came together share one round.
 * </ul>
 *
 * <p>The membership changes by joint consensus (thesis §4.3), or by one entry if only learners
 * differ. It is in force from the append of its entry until that is overwritten. Who leads when a
 * joint entry is committed ends it; who was removed is told by {@link RaftMessage.Removed}, and who
 * asks is told by a leader that is confirmed as for a read.
 *
 * <p>{@link Input.RecoverAsked} is for the day when a majority is lost for good, and breaks what is
 * promised above on somebody's word: one replica makes itself the whole group, in a term far beyond
 * those that the others can have come to. {@link RaftEvent.MembershipForced} tells checkers so.
 *
 * <p>Leaves to others: time, durability, transport and the state machine ({@code raft.runtime});
 * what entries are in memory ({@link LogReader}); exactly-once and epochs (the state machine).
 *
 * <p>Where it differs from the paper, and why:
 *
 * <ul>
 *   <li>PreVote, CheckQuorum and leader stickiness are on by default (thesis §4.2.3, §6.2, §9.6),
 *       so that a replica that was cut off does not unseat a leader that is well.
 *   <li>Heartbeats are messages of their own, without entries, and say no more of the commit index
 *       than what the follower is known to hold. One that only tells a new commit index is not
 *       answered.
 *   <li>A refused append names the conflicting term, its first index and the log's end, and the
 *       leader goes back by terms (§5.3, end).
 *   <li>InstallSnapshot (§7) is an offer, and the bytes travel elsewhere: a follower that needs
 *       what was cut is sent a {@link RaftMessage.SnapshotOffer}, again after each election
 *       timeout, and fetches whenever and from whomever it can. So a snapshot may come when the
 *       term has moved on, or from a term that this replica has not heard of: {@link Input.Restore}
 *       names that. The leader goes on with the first reply that its log continues.
 *   <li>A leader without anything under way does not hear of a lost append by a later one. If a
 *       follower answers heartbeats but acknowledges nothing for a tick, an append without entries
 *       finds out.
 * </ul>
 */
@NullMarked
package io.flotilla.raft.core;

import org.jspecify.annotations.NullMarked;
