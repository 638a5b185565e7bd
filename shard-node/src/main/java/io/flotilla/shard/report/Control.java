package io.flotilla.shard.report;

import io.flotilla.rpc.RpcException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread of a {@link PlacementLink}. What is put here is bounded by who puts it: one tick,
 * one registration, one watch and one inbox at a time.
 */
final class Control implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Control.class);
  private static final long CLOSE_SECONDS = 10;

  private final ScheduledExecutorService thread;
  private final Consumer<Throwable> fatal;

  /**
   * @param thread one, which this ends
   * @param fatal told of what no task expected; it must end the process
   */
  Control(ScheduledExecutorService thread, Consumer<Throwable> fatal) {
    this.thread = thread;
    this.fatal = fatal;
  }

  static ScheduledExecutorService newThread() {
    var thread = new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "placement-link"));
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    thread.setRemoveOnCancelPolicy(true);
    return thread;
  }

  void run(Runnable task) {
    after(Duration.ZERO, task);
  }

  void after(Duration delay, Runnable task) {
    try {
      thread.schedule(() -> guarded(task), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("closed, so there is nothing more to do", e);
    }
  }

  /** An executor would keep it to itself, and who reports no more would serve on. */
  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      fatal.accept(e);
    }
  }

  /** What a failed call says, whatever it is wrapped in. */
  static RpcException failure(Throwable thrown) {
    Throwable cause = thrown;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof RpcException refused) {
      return refused;
    }
    throw new IllegalStateException("a call failed otherwise than it may", cause);
  }

  @Override
  public void close() {
    thread.shutdown(); // without interrupting what writes to the disk
    try {
      if (!thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("the thread still runs after {} s", CLOSE_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
