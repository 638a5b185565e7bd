package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Answer;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.runtime.Request.Proposal;
import io.flotilla.raft.runtime.Request.ReadBarrier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.LongFunction;

/** The requests of one group that a loop has taken and not yet answered. Owned by the loop. */
final class Outstanding {
  /** As many as one round of the leader may answer. */
  static final int READABLE_MAX = 1 << 16;

  /** Stepped into the core, which has not answered yet; by token. */
  private final Map<Long, Request> asked = new HashMap<>(0);

  /** In the leader's log, in order of their indexes, all of the leader's own term. */
  private final Deque<Proposal> appended = new ArrayDeque<>(1);

  /** In the leader's log, and not all of it committed yet; of one term. */
  private final List<Request.Change> changes = new ArrayList<>(0);

  /** In the log, which nobody else overwrites any more, and not committed yet. */
  private final List<Request.Recovery> recoveries = new ArrayList<>(0);

  /** Wait for the state machine; the first is the next to be reached. */
  private final PriorityQueue<ReadBarrier> readable =
      new PriorityQueue<>(1, Comparator.comparingLong((ReadBarrier read) -> read.index));

  void ask(long token, Request request) {
    asked.put(token, request);
  }

  void take(Answer answer, long applied) {
    Request request = asked.remove(answer.token());
    if (request == null) {
      return; // failed meanwhile
    }
    if (answer instanceof Answer.Appended at && request instanceof Proposal proposal) {
      proposal.index = at.position().index();
      proposal.term = at.position().term();
      appended.add(proposal);
    } else if (answer instanceof Answer.Readable at && request instanceof ReadBarrier read) {
      read.index = at.index();
      await(read);
      completeReads(applied);
    } else if (answer instanceof Answer.Appended at && request instanceof Request.Change change) {
      change.index = at.position().index();
      change.term = at.position().term();
      changes.add(change);
    } else if (answer instanceof Answer.Appended at
        && request instanceof Request.Recovery recovery) {
      recovery.index = at.position().index();
      recoveries.add(recovery);
    } else if (answer instanceof Answer.SteppedDown
        && request instanceof Request.Transfer transfer) {
      transfer.done.complete(null);
    } else if (answer instanceof Answer.Refused refused) {
      request.refuse(refused.refusal());
    } else {
      throw new IllegalStateException("a " + request + " was answered by " + answer);
    }
  }

  private void await(ReadBarrier read) {
    if (readable.size() < READABLE_MAX) {
      readable.add(read);
    } else {
      read.refuse(new Refusal.Overloaded());
    }
  }

  void completeReads(long applied) {
    while (!readable.isEmpty() && readable.peek().index <= applied) {
      readable.remove().reached(applied);
    }
  }

  /** The state will not come any further for long: somebody else should be asked. */
  void refuseReads() {
    readable.forEach(read -> read.refuse(new Refusal.Overloaded()));
    readable.clear();
  }

  /**
   * Those up to {@code last}, which is now committed: whether each is what was committed there, the
   * apply worker will see.
   */
  Deque<Proposal> handOver(long last) {
    Deque<Proposal> committed = new ArrayDeque<>();
    while (!appended.isEmpty() && appended.peek().index <= last) {
      committed.add(appended.remove());
    }
    return committed;
  }

  /**
   * A replica that no longer leads cannot say what becomes of what it appended.
   *
   * @param membershipAt in force at an index of the log
   */
  void afterTurn(GroupStatus status, LongFunction<Membership> membershipAt) {
    for (Request.Change change : List.copyOf(changes)) {
      long committed = status.commitIndex();
      if (committed >= change.index && membershipAt.apply(committed).equals(change.target)) {
        changes.remove(change);
        change.done.complete(null);
      } else if (status.role() != RoleName.LEADER || change.term != status.term()) {
        changes.remove(change);
        change.fail(RaftException.unknownOutcome("leadership was lost before the change was done"));
      }
    }
    for (Request.Recovery recovery : List.copyOf(recoveries)) {
      if (status.commitIndex() >= recovery.index) {
        recoveries.remove(recovery);
        recovery.done.complete(null);
      }
    }
    while (!appended.isEmpty()
        && (status.role() != RoleName.LEADER || appended.peek().term != status.term())) {
      appended
          .remove()
          .fail(RaftException.unknownOutcome("leadership was lost before it was committed"));
    }
  }

  void abandonAll(String why) {
    for (Collection<? extends Request> some :
        List.of(asked.values(), appended, changes, recoveries, readable)) {
      some.forEach(request -> request.abandon(why));
      some.clear();
    }
  }
}
