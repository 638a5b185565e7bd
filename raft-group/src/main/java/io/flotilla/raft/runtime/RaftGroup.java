package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One replica hosted by a {@link RaftRuntime}. All methods may be called by any thread and never
 * block. Futures complete on a loop or an apply thread: what is chained to them must not block
 * either. They fail with {@link RaftException}, whose {@link RaftException#outcomeUnknown()} tells
 * a refusal from what may yet take effect.
 */
public interface RaftGroup {
  GroupId id();

  /**
   * Completes with the state machine's result once the command is committed and applied here. One
   * that no message to another replica could carry is refused.
   */
  CompletableFuture<byte[]> propose(byte[] command);

  /**
   * Completes, with the applied index, once the state machine here has applied all that was
   * committed anywhere before this call: what is then read is linearizable (thesis §6.4). Refused
   * as overloaded when too many wait, and where the log's disk hangs and another leads.
   */
  CompletableFuture<Long> readBarrier();

  /**
   * Changes who belongs to the group: learners at once, voters by joint consensus, of which this is
   * one whole step (thesis §4.3). Only the leader can. It is refused while another change is under
   * way, before the leader has committed an entry of its term, and for a new voter that does not
   * hold nearly all of the log, as a learner, yet.
   *
   * @param target the whole membership that is to be in the end; not joint
   * @return completes when {@code target} is committed. The change goes on under the next leader if
   *     it fails with an unknown outcome.
   */
  CompletableFuture<Void> changeMembership(Membership target);

  /**
   * Cuts the group down to this replica, whatever the others say, who have to be lost for good: see
   * {@link io.flotilla.raft.core.Input.RecoverAsked}. Refused where a leader is heard; asked again,
   * it does nothing new.
   *
   * @return completes when this replica is the group, and the entry that says so is committed
   */
  CompletableFuture<Void> recover();

  /**
   * Hands leadership over (thesis §3.10), to whoever is there and has most of the log if {@code to}
   * is empty; refused at once if nobody is. No proposals are taken meanwhile.
   *
   * @return completes when this replica leads no more, whoever does; fails after an election
   *     timeout
   */
  CompletableFuture<Void> transferLeadership(Optional<ReplicaId> to);

  /**
   * Completes when the group has removed this replica, or it was dissolved, and its log is gone
   * from the disk: nothing of it is needed any more, and it can never come back.
   */
  CompletableFuture<Void> removed();

  /**
   * Asks members of the group whether this replica still belongs to it, for one that need not have
   * heard that it was removed: who only learned asks nobody by itself, and those whom it knows may
   * be gone. A leader among them that has removed it says so once a majority has confirmed that it
   * still leads, and {@link #removed} completes. No answer means nothing.
   *
   * <p>Nobody remembers who belonged to the group: a replica that never did passes for removed. So
   * one that somebody still means to bring in must not ask.
   *
   * @param members that somebody else knows of
   */
  void askIfRemoved(List<Member> members);

  /**
   * Ends this replica for good, as if the group had removed it, and {@link #removed} completes. For
   * a group of which nothing is needed any more, anywhere, however many of its replicas are left.
   * Does nothing where the replica was stopped.
   */
  void dissolve();

  /**
   * Has all that is applied here made durable soon: {@link GroupStatus#durablyAppliedIndex} tells
   * when, here and, with the next answer to a heartbeat, at the leader. One flush serves all groups
   * that ask meanwhile, and whoever asks during one may have to ask again.
   */
  void askToFlush();

  /**
   * Completes, with the applied index, once the state machine here has applied this index: what is
   * then read is a prefix of the group's history that holds it, and need not be the newest. Asks
   * nobody, so it may take forever where nothing arrives: the caller bounds the wait by completing
   * the future himself. Refused as overloaded when too many wait, and when the replica stops.
   */
  CompletableFuture<Long> appliedAtLeast(long index);

  /**
   * At most so long ago the state here held all that was committed anywhere: the time, on this
   * node's own clock, since the asking of the youngest {@link #readBarrier} that was reached. Never
   * too little, whatever other clocks and deposed leaders do; too much while nobody asks. Nothing
   * if none was reached since the replica was opened. What is read afterwards is no older.
   */
  Optional<Duration> stateAge();

  /** How much has come of a snapshot that is on its way here; nothing if none is. */
  Optional<SnapshotProgress> snapshotComing();

  /** As of the last turn. */
  GroupStatus status();

  /** Why this replica takes no further part, if it was stopped; see {@link RaftListener}. */
  Optional<Throwable> stoppedBecause();

  /** Asks the replica to campaign without waiting for its timeout. */
  void campaign();

  /**
   * Stops the replica. What it was asked and has not answered fails with an unknown outcome; a read
   * is refused.
   *
   * @return completes when the state machine will be called no more; at once when called again
   */
  CompletableFuture<Void> close();
}
