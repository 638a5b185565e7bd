package io.flotilla.shard.service;

import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The threads that may block on the state's disk, and a bounded queue before them. */
final class ReadPool implements Executor, AutoCloseable {
  private static final long CLOSE_SECONDS = 5;

  private final ThreadPoolExecutor threads;

  ReadPool(int count, int queuedMax) {
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            count,
            count,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(queuedMax),
            task -> new Thread(task, "shard-read-" + number.incrementAndGet()));
  }

  /**
   * @throws RpcException with {@link ErrorCode#OVERLOADED} if too many wait already
   */
  @Override
  public void execute(Runnable read) {
    try {
      threads.execute(read);
    } catch (RejectedExecutionException e) {
      throw threads.isShutdown()
          ? new RpcException(ErrorCode.UNAVAILABLE, "the node is stopping")
          : new RpcException(
              Refusals.overloaded(threads.getQueue().size() + " reads wait for the disk"));
    }
  }

  /** Ends what is running and gives up what waits: the connections are gone by then. */
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("reads still run after " + CLOSE_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
