package io.flotilla.deploy.whole;

import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.SimClock;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A thread of a simulated process: what it is given it does in that order, each task at a moment of
 * its own. What a task throws ends the run. One thread.
 */
final class SimLoop extends AbstractExecutorService implements ScheduledExecutorService {
  private static final long TURN_MICROS_MAX = 200;

  private final SimClock clock;
  private final Chance chance;
  private final Consumer<Runnable> unlessGone;
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private boolean armed;
  private boolean shut;

  /**
   * @param unlessGone lets something happen to the process: now, when it goes on, or never
   */
  SimLoop(SimClock clock, Chance chance, Consumer<Runnable> unlessGone) {
    this.clock = clock;
    this.chance = chance;
    this.unlessGone = unlessGone;
  }

  @Override
  public void execute(Runnable task) {
    if (!shut) {
      tasks.add(task);
      arm();
    }
  }

  private void arm() {
    if (!armed && !tasks.isEmpty()) {
      armed = true;
      clock.after(chance.between(1, TURN_MICROS_MAX), () -> unlessGone.accept(this::turn));
    }
  }

  private void turn() {
    armed = false;
    Runnable task = tasks.poll();
    if (task != null) {
      task.run();
    }
    arm();
  }

  private static final class Timer extends CompletableFuture<Object>
      implements ScheduledFuture<Object> {
    private final SimClock clock;
    private final long atMicros;

    Timer(SimClock clock, long atMicros) {
      this.clock = clock;
      this.atMicros = atMicros;
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(atMicros - clock.nowMicros(), TimeUnit.MICROSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.MICROSECONDS), other.getDelay(TimeUnit.MICROSECONDS));
    }
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    long micros = Math.max(0, unit.toMicros(delay));
    Timer timer = new Timer(clock, clock.nowMicros() + micros);
    clock.after(
        micros,
        () ->
            unlessGone.accept(
                () ->
                    execute(
                        () -> {
                          if (!timer.isCancelled()) {
                            task.run();
                            timer.complete(this);
                          }
                        })));
    return timer;
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException("nobody asks for that");
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    throw new UnsupportedOperationException("nobody asks for that");
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable task, long initialDelay, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException("nobody asks for that");
  }

  @Override
  public void shutdown() {
    shut = true;
    tasks.clear();
  }

  @Override
  public List<Runnable> shutdownNow() {
    shutdown();
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return shut;
  }

  @Override
  public boolean isTerminated() {
    return shut;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return shut;
  }
}
