package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StateMachine.UnknownCommandException;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.port.UnreadableLogException;
import io.flotilla.raft.runtime.Request.Proposal;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One group's way from committed to applied. Its loop pushes what is committed: the entries
 * themselves while the worker keeps up, only their indexes when it does not, and then the worker
 * reads them from the log's disk. So memory is bounded by {@code backlogBytes}, and a committed
 * entry is never refused.
 */
final class ApplyLane<R extends ApplyRound> {
  /** Looks at the durable index per {@code logRetainBytes} applied. */
  private static final int LOOKS = 16;

  /**
   * Committed indexes from {@code first} to {@code last}.
   *
   * @param entries all of them, or none
   * @param promised proposals whose results are awaited here
   */
  private record Task(
      long first, long last, List<Entry> entries, long bytes, Deque<Proposal> promised) {}

  /**
   * A state that takes the place of the present one.
   *
   * @param index what is applied in it
   * @param done to be run when it has
   */
  private record Adoption(long generation, long index, Runnable done) {}

  final GroupId group;
  final ImageErrand images = new ImageErrand();
  final Summons.Call<ApplyLane<R>> call = new Summons.Call<>(this);
  final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final StateMachine<R> machine;
  private final LogStore log;
  private final AtomicLong backlogBytes;
  private final long backlogBytesMax;
  private final Runnable tellLoop;
  private final long lookAfterBytes;
  private final Queue<Task> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable Adoption> adoption = new AtomicReference<>();
  private final AtomicBoolean lookAsked = new AtomicBoolean();
  private final AtomicBoolean looked = new AtomicBoolean();
  private volatile long committed;
  private volatile long applied;
  private volatile long durable;
  private volatile boolean suspended;
  private volatile boolean closing;
  private volatile @Nullable Throwable failure;

  /** Whether it stands in its worker's line. Owned by the worker. */
  boolean queued;

  /** Staged in the round under way; empty between rounds. Owned by the worker. */
  private List<Entry> staged = List.of();

  private List<byte[]> results = List.of();

  /** Applied since the last look at what of it is durable. Owned by the worker. */
  private long unseenBytes;

  ApplyLane(
      GroupId group,
      StateMachine<R> machine,
      LogStore log,
      AtomicLong backlogBytes,
      RuntimeLimits limits,
      Runnable tellLoop) {
    this.group = group;
    this.machine = machine;
    this.log = log;
    this.backlogBytes = backlogBytes;
    this.backlogBytesMax = limits.applyBacklogBytesMax();
    this.lookAfterBytes = limits.logRetainBytes() / LOOKS;
    this.tellLoop = tellLoop;
    this.applied = machine.appliedIndex();
    this.committed = applied;
    this.durable = applied; // a state is read from disk when it is opened
  }

  /** Whether the loop should push entries, or only their indexes. */
  boolean hasRoom() {
    return backlogBytes.get() < backlogBytesMax;
  }

  /** By the loop. */
  void push(long first, long last, List<Entry> entries, Deque<Proposal> promised) {
    if (!entries.isEmpty() || !promised.isEmpty()) {
      long bytes = 0;
      for (Entry entry : entries) {
        bytes += entry.weight();
      }
      backlogBytes.addAndGet(bytes);
      tasks.add(new Task(first, last, entries, bytes, promised));
    }
    committed = last; // after the task: who sees this sees the task
  }

  long applied() {
    return applied;
  }

  /** What a crash now would leave applied, at least. */
  long durable() {
    return durable;
  }

  /** By any thread: has it looked up what is durable, also if nothing more is applied. */
  void askToLook() {
    lookAsked.set(true);
  }

  /** By the loop: whether what is durable may have been looked up since this was last asked. */
  boolean hasLooked() {
    return looked.getAndSet(false);
  }

  /**
   * By the loop, before it hands over the log that begins anew: nothing more is applied until
   * {@link #adopt}. What is under way ends in a state that nobody goes on from.
   */
  void suspend() {
    suspended = true;
  }

  /**
   * By the loop, when the new beginning of the log is durable.
   *
   * @param done run when the state has changed
   */
  void adopt(long generation, long index, Runnable done) {
    committed = index;
    if (adoption.getAndSet(new Adoption(generation, index, done)) != null) {
      throw new IllegalStateException("two states at once for group " + group);
    }
  }

  @Nullable Throwable failure() {
    return failure;
  }

  /** By the loop, after its last push: what is committed here is no longer applied. */
  void close() {
    closing = true;
  }

  boolean hasWork() {
    return failure == null && !closing && !suspended && applied < committed;
  }

  /**
   * Does what is to be done between two rounds, when nothing of this group is staged.
   *
   * @return how much that was
   */
  int runErrands() throws StorageException {
    if (closing) {
      return 0;
    }
    int done = 0;
    Adoption next = adoption.getAndSet(null);
    if (next != null) {
      changeTo(next);
      done++;
    }
    if (!suspended && images.take(machine)) {
      done++;
    }
    if (lookAsked.getAndSet(false) || unseenBytes > lookAfterBytes) {
      unseenBytes = 0;
      durable = machine.durableIndex();
      done++;
    }
    if (done > 0) {
      looked.set(true);
      tellLoop.run();
    }
    return done;
  }

  private void changeTo(Adoption next) {
    machine.adopt(next.generation());
    while (!tasks.isEmpty() && tasks.peek().last() <= next.index()) {
      drop(tasks.remove(), "another replica's snapshot took the state's place");
    }
    applied = next.index();
    durable = Math.max(durable, next.index());
    suspended = false;
    next.done().run();
  }

  /**
   * Stages the next committed entries, up to about {@code bytesMax} or a full round.
   *
   * @return how many; 0 if there are none or the replica stops here
   */
  int stage(R round, long bytesMax) throws StorageException {
    if (closing) {
      abandon();
      return 0;
    }
    if (!hasWork()) {
      return 0;
    }
    List<Entry> next;
    try {
      next = next(bytesMax);
    } catch (UnreadableLogException broken) {
      if (!suspended && !closing) { // else the log has begun anew meanwhile, or is gone
        fail(broken);
      }
      return 0;
    }
    try {
      results = machine.apply(next, round);
    } catch (UnknownCommandException e) {
      fail(e);
      return 0;
    }
    if (results.isEmpty() || results.size() > next.size()) {
      throw new IllegalStateException(
          results.size() + " results for " + next.size() + " entries of group " + group);
    }
    staged = next.subList(0, results.size());
    return staged.size();
  }

  /** That replica stops; those of other groups are not affected. */
  private void fail(Exception cause) {
    failure = cause;
    drop();
    tellLoop.run();
  }

  private List<Entry> next(long bytesMax) throws StorageException, UnreadableLogException {
    long upTo = committed; // before the tasks: see push
    long first = applied + 1;
    Task head = tasks.peek();
    if (head == null || head.first() > first) {
      return log.read(group, first, head == null ? upTo : head.first() - 1, bytesMax);
    }
    if (head.entries().isEmpty() || head.first() < first) {
      return log.read(group, first, head.last(), bytesMax);
    }
    return fromMemory(head, bytesMax);
  }

  /** The first task that has its entries, and those that follow it and have theirs too. */
  private List<Entry> fromMemory(Task head, long bytesMax) {
    Iterator<Task> following = tasks.iterator();
    following.next();
    if (!following.hasNext()) {
      return head.entries();
    }
    List<Entry> entries = new ArrayList<>(head.entries());
    long bytes = head.bytes();
    long last = head.last();
    while (following.hasNext() && bytes < bytesMax) {
      Task task = following.next();
      if (task.entries().isEmpty() || task.first() != last + 1) {
        break;
      }
      entries.addAll(task.entries());
      bytes += task.bytes();
      last = task.last();
    }
    return entries;
  }

  /**
   * After the round's commit: gives out the results.
   *
   * @return how many proposals they were for
   */
  int finish() {
    long first = staged.get(0).index();
    long last = first + staged.size() - 1;
    applied = last;
    int acknowledged = 0;
    for (Task task = tasks.peek(); task != null && task.first() <= last; task = tasks.peek()) {
      while (!task.promised().isEmpty() && task.promised().peek().index <= last) {
        Proposal proposal = task.promised().remove();
        int at = (int) (proposal.index - first);
        acknowledged += resolve(proposal, staged.get(at), results.get(at));
      }
      if (task.last() > last) {
        break;
      }
      tasks.remove();
      backlogBytes.addAndGet(-task.bytes());
    }
    for (Entry entry : staged) {
      unseenBytes += entry.weight();
    }
    staged = List.of();
    results = List.of();
    tellLoop.run();
    return acknowledged;
  }

  /** Another term's entry in its place means that the proposal is in no log that counts. */
  private static int resolve(Proposal proposal, Entry committed, byte[] result) {
    if (committed.term() != proposal.term) {
      proposal.refuse(new Refusal.NotLeader(Optional.empty()));
      return 0;
    }
    proposal.result.complete(result);
    return 1;
  }

  /** Nothing more is applied; nobody is left waiting. */
  void abandon() {
    drop();
    images.end();
    Adoption never = adoption.getAndSet(null);
    if (never != null) {
      never.done().run();
    }
    closed.complete(null);
  }

  private void drop() {
    for (Task task = tasks.poll(); task != null; task = tasks.poll()) {
      drop(task, "the replica stopped before it was applied");
    }
  }

  private void drop(Task task, String why) {
    backlogBytes.addAndGet(-task.bytes());
    for (Proposal proposal : task.promised()) {
      proposal.fail(RaftException.unknownOutcome(why));
    }
  }
}
