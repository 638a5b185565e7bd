package io.flotilla.placement.service;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that owns placement's volatile state. It takes tasks out of a bounded inbox, runs
 * {@code round} when it was rung or a tick has passed, and goes on after a task that failed. Any
 * thread may hand it work; handing over never blocks.
 */
final class Desk implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Desk.class);
  private static final int INBOX_TASKS_MAX = 4096;

  private final BlockingQueue<Runnable> inbox = new ArrayBlockingQueue<>(INBOX_TASKS_MAX);
  private final AtomicBoolean rung = new AtomicBoolean();
  private final long tickNanos;
  private final Thread thread;
  private Runnable round = () -> {};
  private volatile boolean closed;

  Desk(String name, Duration tick) {
    this.tickNanos = tick.toNanos();
    this.thread = new Thread(this::run, name);
  }

  void start(Runnable everyRound) {
    this.round = everyRound;
    thread.start();
  }

  /** Returns false, and will not run the task, if the inbox is full or the desk closed. */
  boolean offer(Runnable task) {
    return !closed && inbox.offer(task);
  }

  /** Asks for a round soon; many calls before it make one round. */
  void ring() {
    if (rung.compareAndSet(false, true) && !inbox.offer(() -> {})) {
      log.debug("inbox is full; the round comes with the next task");
    }
  }

  boolean isCurrentThread() {
    return Thread.currentThread().equals(thread);
  }

  private void run() {
    long nextTick = System.nanoTime();
    while (!closed) {
      try {
        Runnable task = inbox.poll(Math.max(0, nextTick - System.nanoTime()), TimeUnit.NANOSECONDS);
        if (task != null) {
          guarded(task);
        }
        if (System.nanoTime() - nextTick >= 0 || rung.get()) {
          rung.set(false);
          guarded(round);
          nextTick = System.nanoTime() + tickNanos;
        }
      } catch (InterruptedException stop) {
        if (!closed) {
          log.error("interrupted though not closed", stop);
        }
        return;
      }
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException bug) {
      log.error("a task of placement failed", bug);
    }
  }

  /** Ends the thread and drops what it has not begun. Waits for the task that runs. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    if (isCurrentThread()) {
      return;
    }
    try {
      thread.join();
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }
}
