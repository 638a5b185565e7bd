package io.flotilla.router.client;

import io.flotilla.rpc.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Where operations wait whose shard the map does not know, until it does or their time is up. */
final class Lobby {
  private static final long LOOK_MILLIS = 20;

  private final Dispatcher dispatcher;
  private final ScheduledExecutorService loop;
  private final Queue<Pending<?>> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean lookIsDue = new AtomicBoolean();

  Lobby(Dispatcher dispatcher, ScheduledExecutorService loop) {
    this.dispatcher = dispatcher;
    this.loop = loop;
  }

  /** Any thread. */
  void add(Pending<?> operation) {
    operation.attemptFailed(
        new KvException(
            ErrorCode.UNAVAILABLE, "the map has no shard for this key" + dispatcher.trouble()));
    waiting.add(operation);
    dispatcher.refreshSoon();
    lookLater();
  }

  /** Ends everything that is here. */
  void abort(KvException why) {
    for (Pending<?> operation = waiting.poll(); operation != null; operation = waiting.poll()) {
      dispatcher.fail(operation, operation.verdict(why));
    }
  }

  private void lookLater() {
    if (!waiting.isEmpty() && lookIsDue.compareAndSet(false, true)) {
      try {
        loop.schedule(this::look, LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException closed) {
        dispatcher.failAll(waiting);
      }
    }
  }

  private void look() {
    lookIsDue.set(false);
    long now = dispatcher.nanos();
    List<Pending<?>> homeless = new ArrayList<>();
    for (Pending<?> operation = waiting.poll(); operation != null; operation = waiting.poll()) {
      if (operation.isOver() || operation.isLate(now)) {
        dispatcher.fail(operation, operation.lateness());
      } else if (!dispatcher.toLane(operation)) {
        homeless.add(operation);
      }
    }
    waiting.addAll(homeless);
    if (!homeless.isEmpty()) {
      dispatcher.refreshSoon();
    }
    lookLater();
  }
}
