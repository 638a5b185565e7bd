package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StorageException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Applies what is committed in its groups, in rounds: one write to the state's disk for all of
 * them, then their results.
 */
final class ApplyWorker<R extends ApplyRound> implements Agent, AutoCloseable {
  final Summons<ApplyLane<R>> summons;
  private final String name;
  private final LogStore log;
  private final RuntimeLimits limits;
  private final AtomicLong backlogBytes = new AtomicLong();
  private final R round;
  private final RaftListener listener;
  private final Doorbell doorbell = new Doorbell();
  private final Owner owner = new Owner();
  private final Deque<ApplyLane<R>> waiting = new ArrayDeque<>();
  private final List<ApplyLane<R>> staged = new ArrayList<>();

  ApplyWorker(String name, RuntimeLimits limits, RuntimePorts<R> ports) {
    this.name = name;
    this.log = ports.log();
    this.limits = limits;
    this.round = ports.states().newRound();
    this.listener = ports.listener();
    this.summons = new Summons<>(doorbell);
  }

  /** A group's way into this worker; {@code tellLoop} is run after each of its rounds. */
  ApplyLane<R> lane(GroupId group, StateMachine<R> machine, Runnable tellLoop) {
    return new ApplyLane<>(group, machine, log, backlogBytes, limits, tellLoop);
  }

  /** By any thread. */
  long backlogBytes() {
    return backlogBytes.get();
  }

  @Override
  public String name() {
    return name;
  }

  /** One round. A group has one place in it, so that it sees its own effects committed. */
  @Override
  public int turn() throws StorageException {
    owner.check();
    summons.takeAll(this::lineUp);
    int entries = 0;
    int errands = 0;
    while (!waiting.isEmpty() && !round.isFull()) {
      ApplyLane<R> lane = waiting.remove();
      lane.queued = false;
      errands += lane.runErrands();
      int more = lane.stage(round, ApplyRound.BYTES_AIM);
      if (more > 0) {
        staged.add(lane);
        entries += more;
      }
    }
    if (entries > 0) {
      round.commit();
      finish(entries);
    }
    return entries + errands;
  }

  /** Once at most: a round must not hold the same entries twice. */
  private void lineUp(ApplyLane<R> lane) {
    if (!lane.queued) {
      lane.queued = true;
      waiting.add(lane);
    }
  }

  private void finish(int entries) {
    int acknowledged = 0;
    for (ApplyLane<R> lane : staged) {
      acknowledged += lane.finish();
      if (lane.hasWork()) {
        lineUp(lane);
      }
    }
    listener.applied(staged.size(), entries, acknowledged);
    staged.clear();
  }

  @Override
  public long idleNanos() {
    return waiting.isEmpty() ? Long.MAX_VALUE : 0;
  }

  @Override
  public Doorbell doorbell() {
    return doorbell;
  }

  /** After its thread has ended. */
  @Override
  public void close() {
    summons.takeAll(this::lineUp);
    waiting.forEach(ApplyLane::abandon);
    round.close();
  }
}
