package io.flotilla.placement.service;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that owns placement's volatile state. It takes tasks out of a bounded inbox, runs
 * {@code round} when it was rung and with each tick, and goes on after a task that failed, but not
 * in silence after one that the machine has failed: an {@link Error} ends the process. Any thread
 * may hand it work; handing over never blocks.
 */
final class Desk implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Desk.class);
  private static final int INBOX_TASKS_MAX = 4096;
  private static final long CLOSE_SECONDS = 10;

  private final BlockingQueue<Runnable> inbox = new ArrayBlockingQueue<>(INBOX_TASKS_MAX);
  private final AtomicBoolean rung = new AtomicBoolean();
  private final AtomicBoolean turnIsDue = new AtomicBoolean();
  private final ScheduledExecutorService thread;
  private final Duration tick;
  private final Consumer<Throwable> fatal;
  private Runnable round = () -> {};
  private volatile boolean started;
  private volatile boolean closed;
  private volatile @Nullable Thread atWork;

  /**
   * @param thread one, which this ends
   * @param fatal told of what no task can be expected to bear; it must end the process
   */
  Desk(ScheduledExecutorService thread, Duration tick, Consumer<Throwable> fatal) {
    this.thread = thread;
    this.tick = tick;
    this.fatal = fatal;
  }

  static ScheduledExecutorService newThread(String name) {
    var thread = new ScheduledThreadPoolExecutor(1, task -> new Thread(task, name));
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    return thread;
  }

  void start(Runnable everyRound) {
    round = everyRound;
    started = true;
    tick();
  }

  private void tick() {
    ring();
    try {
      thread.schedule(this::tick, tick.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("closed, so there is no further tick", e);
    }
  }

  /** Returns false, and will not run the task, if the inbox is full or the desk closed. */
  boolean offer(Runnable task) {
    boolean taken = !closed && inbox.offer(task);
    if (taken) {
      turnSoon();
    }
    return taken;
  }

  /** Asks for a round soon; many calls before it make one round. */
  void ring() {
    if (rung.compareAndSet(false, true)) {
      turnSoon();
    }
  }

  private void turnSoon() {
    if (started && turnIsDue.compareAndSet(false, true)) {
      try {
        thread.execute(this::turn);
      } catch (RejectedExecutionException e) {
        log.debug("closed, so there is nothing more to do", e);
      }
    }
  }

  /** What comes meanwhile is for the next turn, so that ticks come between. */
  private void turn() {
    turnIsDue.set(false);
    atWork = Thread.currentThread();
    int tasks = inbox.size();
    do {
      Runnable task = inbox.poll();
      if (task != null) {
        guarded(task);
      }
      if (rung.getAndSet(false)) {
        guarded(round);
      }
      tasks--;
    } while (tasks > 0 && !closed);
    atWork = null;
    if (!inbox.isEmpty()) {
      turnSoon();
    }
  }

  /** An executor would keep an error to itself. */
  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException bug) {
      log.error("a task of placement failed", bug);
    } catch (Error broken) {
      fatal.accept(broken);
    }
  }

  /** Ends the thread and drops what it has not begun. Waits for the task that runs. */
  @Override
  public void close() {
    closed = true;
    thread.shutdownNow();
    if (Thread.currentThread().equals(atWork)) {
      return;
    }
    try {
      if (!thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        log.warn("the desk still works after {} s", CLOSE_SECONDS);
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }
}
