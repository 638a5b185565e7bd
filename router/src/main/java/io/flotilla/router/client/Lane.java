package io.flotilla.router.client;

import com.google.protobuf.MessageLite;
import io.flotilla.router.map.Route;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * All operations of this client on one shard that are for its leader, or all that any replica may
 * answer: what befalls the one kind need not hold up the other. Any thread may {@link #add};
 * everything else happens on one event loop, so that a lane needs no lock.
 *
 * <p>Every operation here is in exactly one place: the inbox, waiting on a belt, or in a request
 * under way. A sweep, armed while there is any, ends those whose deadline has passed wherever they
 * are; requests themselves end at the attempt timeout at the latest.
 */
final class Lane {
  private static final long SWEEP_MILLIS = 20;

  private final long shard;
  private final Dispatcher dispatcher;
  private final ScheduledExecutorService loop;
  private final Recovery recovery;
  private final WriteBelt writes;
  private final ReadBelt reads;
  private final ScanBelt scans;
  private final List<Belt<?, ?, ?>> belts;

  private final Queue<Pending<?>> inbox = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean drainIsDue = new AtomicBoolean();
  private volatile boolean inTrouble;
  private @Nullable KvException lastFailure;

  private long resumeNanos;
  private boolean paused;
  private boolean sweepIsDue;
  private long nextDeadlineNanos;

  Lane(long shard, Targets targets, Dispatcher dispatcher, ScheduledExecutorService loop) {
    ClientConfig config = dispatcher.config();
    this.shard = shard;
    this.dispatcher = dispatcher;
    this.loop = loop;
    ClientPorts ports = dispatcher.ports();
    this.recovery =
        new Recovery(targets, dispatcher.map(), config.retry(), dispatcher.budget(), ports.draw());
    this.writes = new WriteBelt(config.limits(), ports, dispatcher.tokens(), this);
    this.reads = new ReadBelt(config.limits(), dispatcher.tokens(), this);
    this.scans = new ScanBelt(config.limits(), dispatcher.tokens(), this);
    this.belts = List.of(writes, reads, scans);
  }

  /** Takes over an operation. Any thread. */
  void add(Pending<?> operation) {
    inbox.add(operation);
    if (drainIsDue.compareAndSet(false, true)) {
      execute(this::drain);
    }
  }

  /** Something has changed that may end a pause. Any thread. */
  void nudge() {
    if (inTrouble) {
      execute(
          () -> {
            paused = false;
            flush();
          });
    }
  }

  /** Ends everything that is here. Any thread. */
  void abort(KvException why) {
    execute(
        () -> {
          drain();
          long endOfTime = dispatcher.nanos() + Long.MAX_VALUE / 2;
          belts.forEach(
              belt ->
                  belt.expire(
                      endOfTime,
                      operation ->
                          dispatcher.fail(
                              operation,
                              operation.lateness().outcomeUnknown() ? operation.lateness() : why)));
        });
  }

  // ---- for the belts: what became of an operation ----

  <T> void succeed(Pending<T> operation, T result) {
    dispatcher.succeed(operation, result);
  }

  void fail(Pending<?> operation, KvException why) {
    dispatcher.fail(operation, why);
  }

  <P extends Pending<?>> void again(Belt<P, ?, ?> belt, List<P> operations) {
    belt.putBack(operations);
  }

  /** The shard says that the key is not its own, and executed nothing. */
  void sendElsewhere(Pending<?> operation) {
    operation.attemptFailed(
        new KvException(
            ErrorCode.STALE_EPOCH, "shard " + shard + " does not hold the key any more"));
    dispatcher.refreshSoon();
    pause(dispatcher.config().retry().backoffMin().toMillis());
    inbox.add(operation);
    if (drainIsDue.compareAndSet(false, true)) {
      execute(this::drain);
    }
  }

  // ---- on the event loop ----

  private void drain() {
    drainIsDue.set(false);
    long now = dispatcher.nanos();
    for (Pending<?> operation = inbox.poll(); operation != null; operation = inbox.poll()) {
      if (!sweepIsDue || operation.deadlineNanos() - nextDeadlineNanos < 0) {
        nextDeadlineNanos = operation.deadlineNanos();
      }
      enqueue(operation);
      armSweep();
    }
    if (!paused || now - resumeNanos >= 0) {
      flush();
    }
  }

  private void enqueue(Pending<?> operation) {
    if (operation instanceof PendingWrite<?> write) {
      writes.add(write);
    } else if (operation instanceof PendingRead<?> read) {
      reads.add(read);
    } else if (operation instanceof PendingScan scan) {
      scans.add(scan);
    } else {
      throw new IllegalStateException("no belt for " + operation.getClass());
    }
  }

  private void flush() {
    if (paused && dispatcher.nanos() - resumeNanos < 0) {
      return;
    }
    paused = false;
    Route route = dispatcher.map().current().route(shard);
    for (Belt<?, ?, ?> belt : belts) {
      flush(belt, route);
    }
  }

  private <P extends Pending<?>, Q extends MessageLite, R extends MessageLite> void flush(
      Belt<P, Q, R> belt, @Nullable Route route) {
    while (!paused && belt.mayTakeOff(route) && (!recovery.inTrouble() || flights() == 0)) {
      List<P> load = belt.load(route, dispatcher.nanos(), this::turnAway);
      if (load.isEmpty() || route == null) {
        return;
      }
      String address = recovery.target(route, tries(load));
      if (address == null) {
        belt.putBack(load);
        recovery.nobodyToAsk();
        inTrouble = true;
        dispatcher.refreshSoon();
        pause(dispatcher.config().retry().backoffMin().toMillis());
        return;
      }
      send(belt, route, address, load);
    }
  }

  private static int tries(List<? extends Pending<?>> load) {
    return load.stream().mapToInt(Pending::attempts).max().orElse(0);
  }

  private void turnAway(Pending<?> operation) {
    if (!operation.isOver() && operation.hasNoTimeFor(dispatcher.nanos())) {
      dispatcher.fail(operation, operation.lateness(lastFailure));
    } else {
      dispatcher.reroute(operation);
    }
  }

  private <P extends Pending<?>, Q extends MessageLite, R extends MessageLite> void send(
      Belt<P, Q, R> belt, Route route, String address, List<P> load) {
    Q request;
    try {
      request = belt.request(route, load);
    } catch (KvException refused) {
      load.forEach(operation -> dispatcher.fail(operation, operation.verdict(refused)));
      return;
    }
    Belt<P, Q, R>.Flight flight = belt.takeOff(route, address, load, recovery.strikes());
    dispatcher
        .send(address, belt.method(), request, attemptTimeout(load))
        .whenComplete((reply, failure) -> execute(() -> land(belt, flight, reply, failure)));
  }

  private <P extends Pending<?>, Q extends MessageLite, R extends MessageLite> void land(
      Belt<P, Q, R> belt,
      Belt<P, Q, R>.Flight flight,
      @Nullable R reply,
      @Nullable Throwable failure) {
    belt.landed(flight);
    RpcException error = failure == null ? null : asRpc(failure);
    if (reply != null) {
      try {
        belt.deliver(flight, reply);
        recovery.succeeded(flight.address());
        inTrouble = false;
        lastFailure = null;
      } catch (RpcException unusable) {
        error = unusable;
      }
    }
    if (error != null) {
      onFailure(belt, flight, error);
    }
    flush();
  }

  private <P extends Pending<?>> void onFailure(
      Belt<P, ?, ?> belt, Belt<P, ?, ?>.Flight flight, RpcException why) {
    dispatcher.countFailure();
    KvException told =
        new KvException(why.code(), why.detail().getMessage() + " (" + flight.address() + ")");
    List<P> load = flight.load().stream().filter(operation -> !operation.hasEnded()).toList();
    load.forEach(operation -> operation.attemptFailed(told));
    if (lastFailure == null || why.code() != ErrorCode.DEADLINE_EXCEEDED) {
      lastFailure = told;
    }
    Recovery.Step step = recovery.failed(flight.address(), why, flight.strikes());
    inTrouble = recovery.inTrouble();
    switch (step) {
      case ROUTE_ANEW -> load.forEach(dispatcher::reroute);
      case GIVE_UP -> giveUp(belt, load, told);
      case AGAIN, REFRESH -> {
        belt.putBack(load);
        if (step == Recovery.Step.REFRESH) {
          dispatcher.refreshSoon();
        }
        pause(recovery.pauseMillis(why, flight.route().candidates(), dispatcher.nanos()));
      }
    }
  }

  /** Refused as a whole, for what may be the fault of one: each is tried by itself. */
  private <P extends Pending<?>> void giveUp(Belt<P, ?, ?> belt, List<P> load, KvException why) {
    if (load.size() > 1) {
      load.forEach(Pending::isolate);
      belt.putBack(load);
    } else {
      load.forEach(operation -> dispatcher.fail(operation, operation.verdict(why)));
    }
  }

  private void pause(long millis) {
    if (millis > 0) {
      paused = true;
      resumeNanos = dispatcher.nanos() + TimeUnit.MILLISECONDS.toNanos(millis);
      loop.schedule((Runnable) this::flush, millis, TimeUnit.MILLISECONDS);
    }
  }

  private void armSweep() {
    if (!sweepIsDue) {
      sweepIsDue = true;
      loop.schedule(this::sweep, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void sweep() {
    sweepIsDue = false;
    long now = dispatcher.nanos();
    if (now - nextDeadlineNanos >= 0) {
      long next = now + Long.MAX_VALUE / 2;
      for (Belt<?, ?, ?> belt : belts) {
        long earliest =
            belt.expire(
                now, operation -> dispatcher.fail(operation, operation.lateness(trouble(belt))));
        next = earliest - next < 0 ? earliest : next;
      }
      nextDeadlineNanos = next;
    }
    flush(); // what was held back, perhaps for what goes on elsewhere
    if (!belts.stream().allMatch(Belt::isIdle)) {
      armSweep();
    }
  }

  private @Nullable KvException trouble(Belt<?, ?, ?> belt) {
    String heldBack = lastFailure == null ? belt.heldBack() : null;
    return heldBack == null ? lastFailure : new KvException(ErrorCode.OVERLOADED, heldBack);
  }

  private int flights() {
    return writes.flights() + reads.flights() + scans.flights();
  }

  /** No longer than a node may be silent, nor than anybody waits. */
  private Duration attemptTimeout(List<? extends Pending<?>> load) {
    long now = dispatcher.nanos();
    long longest = 1;
    for (Pending<?> operation : load) {
      longest = Math.max(longest, operation.deadlineNanos() - now);
    }
    return Duration.ofNanos(Math.min(longest, dispatcher.config().attemptTimeout().toNanos()));
  }

  private void execute(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException closed) {
      dispatcher.failAll(inbox);
    }
  }

  private static RpcException asRpc(Throwable failure) {
    return failure instanceof RpcException known
        ? known
        : new RpcException(ErrorCode.INTERNAL, String.valueOf(failure));
  }
}
