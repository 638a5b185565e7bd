package io.flotilla.raft.runtime;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Ends a process in which a loop or worker is stuck: its groups would neither lead nor let others
 * lead. Counts its own looks and not the time, so that a machine that was paused as a whole is not
 * taken for one that is stuck.
 */
final class StallWatch {
  private static final long LOOK_NANOS = 1_000_000_000;
  static final int LOOKS_MAX = 20;

  /** What is known of one thread since it last did something. */
  private static final class Watched {
    private final AgentThread thread;
    private long turns = -1;
    private int looks;

    Watched(AgentThread thread) {
      this.thread = thread;
    }

    boolean isStuck() {
      long now = thread.turns();
      looks = now == turns && !thread.isAsleep() ? looks + 1 : 0;
      turns = now;
      return looks >= LOOKS_MAX;
    }
  }

  private final List<Watched> all;
  private final Consumer<Throwable> fatal;
  private final long lookNanos;
  private final Thread thread;
  private volatile boolean stopping;

  StallWatch(List<AgentThread> threads, Consumer<Throwable> fatal) {
    this(threads, fatal, LOOK_NANOS);
  }

  /**
   * A watch that is not started yet.
   *
   * @param lookNanos between two looks; a test may be in a hurry
   */
  StallWatch(List<AgentThread> threads, Consumer<Throwable> fatal, long lookNanos) {
    this.all = threads.stream().map(Watched::new).toList();
    this.fatal = fatal;
    this.lookNanos = lookNanos;
    this.thread = new Thread(this::run, "raft-stall-watch");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  void stop() {
    stopping = true;
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!stopping) {
      LockSupport.parkNanos(this, lookNanos);
      look();
    }
  }

  /** Looks at each thread once, and tells of the first that has been stuck for too many looks. */
  void look() {
    for (Watched watched : all) {
      if (!stopping && watched.isStuck()) {
        stopping = true;
        fatal.accept(watched.thread.stalled(LOOKS_MAX));
      }
    }
  }
}
