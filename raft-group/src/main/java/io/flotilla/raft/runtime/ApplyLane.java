package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Refusal;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StateMachine.UnknownCommandException;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.runtime.Request.Proposal;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One group's way from committed to applied. Its loop pushes what is committed: the entries
 * themselves while the worker keeps up, only their indexes when it does not, and then the worker
 * reads them from the log's disk. So memory is bounded by {@code backlogBytes}, and a committed
 * entry is never refused.
 */
final class ApplyLane<R extends ApplyRound> {
  /**
   * Committed indexes from {@code first} to {@code last}.
   *
   * @param entries all of them, or none
   * @param promised proposals whose results are awaited here
   */
  private record Task(
      long first, long last, List<Entry> entries, long bytes, Deque<Proposal> promised) {}

  final GroupId group;
  final Summons.Call<ApplyLane<R>> call = new Summons.Call<>(this);
  final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final StateMachine<R> machine;
  private final LogStore log;
  private final AtomicLong backlogBytes;
  private final long backlogBytesMax;
  private final Runnable tellLoop;
  private final Queue<Task> tasks = new ConcurrentLinkedQueue<>();
  private volatile long committed;
  private volatile long applied;
  private volatile boolean closing;
  private volatile @Nullable Throwable failure;

  /** Whether it stands in its worker's line. Owned by the worker. */
  boolean queued;

  /** Staged in the round under way; empty between rounds. Owned by the worker. */
  private List<Entry> staged = List.of();

  private List<byte[]> results = List.of();

  ApplyLane(
      GroupId group,
      StateMachine<R> machine,
      LogStore log,
      AtomicLong backlogBytes,
      long backlogBytesMax,
      Runnable tellLoop) {
    this.group = group;
    this.machine = machine;
    this.log = log;
    this.backlogBytes = backlogBytes;
    this.backlogBytesMax = backlogBytesMax;
    this.tellLoop = tellLoop;
    this.applied = machine.appliedIndex();
    this.committed = applied;
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

  @Nullable Throwable failure() {
    return failure;
  }

  /** By the loop, after its last push: what is committed here is no longer applied. */
  void close() {
    closing = true;
  }

  boolean hasWork() {
    return failure == null && !closing && applied < committed;
  }

  /**
   * Stages the next committed entries, up to about {@code bytesMax}.
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
    List<Entry> next = next(bytesMax);
    try {
      results = machine.apply(next, round);
    } catch (UnknownCommandException e) {
      failure = e;
      drop();
      tellLoop.run();
      return 0;
    }
    if (results.size() != next.size()) {
      throw new IllegalStateException(
          results.size() + " results for " + next.size() + " entries of group " + group);
    }
    staged = next;
    return next.size();
  }

  private List<Entry> next(long bytesMax) throws StorageException {
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
    closed.complete(null);
  }

  private void drop() {
    for (Task task = tasks.poll(); task != null; task = tasks.poll()) {
      backlogBytes.addAndGet(-task.bytes());
      for (Proposal proposal : task.promised()) {
        proposal.fail(RaftException.unknownOutcome("the replica stopped before it was applied"));
      }
    }
  }
}
