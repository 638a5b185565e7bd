package io.flotilla.raft.runtime;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Ends a process in which a loop or worker is stuck, or whose log's disk hangs: its groups would
 * neither lead nor let others lead. Counts its own looks and not the time, so that a machine that
 * was paused as a whole is not taken for one that is stuck.
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
  private final DiskWatch disk;
  private final Consumer<Throwable> fatal;
  private final long lookNanos;
  private final Thread thread;
  private volatile boolean stopping;

  StallWatch(List<AgentThread> threads, DiskWatch disk, Consumer<Throwable> fatal) {
    this(threads, disk, fatal, LOOK_NANOS);
  }

  /**
   * A watch that is not started yet.
   *
   * @param lookNanos between two looks; a test may be in a hurry
   */
  StallWatch(List<AgentThread> threads, DiskWatch disk, Consumer<Throwable> fatal, long lookNanos) {
    this.all = threads.stream().map(Watched::new).toList();
    this.disk = disk;
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

  /** Looks at each once, and tells of the first that has been stuck for too many looks. */
  void look() {
    for (Watched watched : all) {
      if (!stopping && watched.isStuck()) {
        end(watched.thread.stalled(LOOKS_MAX));
      }
    }
    boolean hangs = disk.look() >= LOOKS_MAX;
    if (!stopping && hangs) {
      end(
          new IllegalStateException(
              "the disk of the log has been at one write for " + LOOKS_MAX + " s or more"));
    }
  }

  private void end(Throwable cause) {
    stopping = true;
    fatal.accept(cause);
  }
}
