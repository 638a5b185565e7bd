package io.flotilla.raft.runtime;

import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Drives one agent: turn after turn while there is work, asleep when there is none. */
final class AgentThread {
  private static final int SPINS_BEFORE_SLEEP = 16;

  private final Agent agent;
  private final Consumer<Throwable> fatal;
  private final Thread thread;
  private volatile boolean stopping;

  /** For the watch; written by the thread alone. */
  private volatile long turns;

  private volatile boolean asleep;

  AgentThread(Agent agent, Consumer<Throwable> fatal) {
    this.agent = agent;
    this.fatal = fatal;
    this.thread = new Thread(this::run, agent.name());
  }

  void start() {
    thread.start();
  }

  void stop() {
    stopping = true;
    LockSupport.unpark(thread);
  }

  /** Waits for the turn under way. Returns at once if called by that very thread. */
  void join() {
    boolean interrupted = false;
    while (thread != Thread.currentThread() && thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  long turns() {
    return turns;
  }

  boolean isAsleep() {
    return asleep || !thread.isAlive();
  }

  /** Says where it is stuck. */
  Throwable stalled(int seconds) {
    Throwable stall =
        new IllegalStateException(
            thread.getName() + " has been in one turn for " + seconds + " s or more");
    stall.setStackTrace(thread.getStackTrace());
    return stall;
  }

  private void run() {
    try {
      int idleTurns = 0;
      long turn = 0;
      while (!stopping) {
        turns = ++turn;
        if (agent.turn() > 0) {
          idleTurns = 0;
        } else if (idleTurns++ < SPINS_BEFORE_SLEEP) {
          Thread.onSpinWait();
        } else {
          sleepUnlessThereIsWork();
        }
      }
    } catch (Throwable e) { // whatever broke it: its groups are in an unknown state
      fatal.accept(e);
    }
  }

  private void sleepUnlessThereIsWork() throws Exception {
    Doorbell doorbell = agent.doorbell();
    doorbell.listen();
    if (agent.turn() == 0 && agent.doorbell() == doorbell && !stopping) {
      asleep = true;
      LockSupport.parkNanos(this, agent.idleNanos());
      asleep = false;
    }
    doorbell.stopListening();
  }
}
