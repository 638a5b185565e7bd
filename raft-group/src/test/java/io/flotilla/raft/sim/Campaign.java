package io.flotilla.raft.sim;

import io.flotilla.raft.sim.RunKind.Run;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongFunction;

/**
 * Many runs, each a world of its own, on as many threads as one likes, until there are enough of
 * them, or violations, or somebody says so. Any thread may ask how far it is.
 */
public final class Campaign implements AutoCloseable {
  /** What a run threw; the run can be had again. */
  public record Violation(Run run, Throwable what) {
    /** What a check says of itself; of what was not meant to be thrown, also from where. */
    String message() {
      if (what instanceof AssertionError && what.getCause() == null) {
        return what.getMessage();
      }
      StringWriter trace = new StringWriter();
      what.printStackTrace(new PrintWriter(trace));
      return trace.toString();
    }
  }

  /** What runs of one kind made of the time that they took, each on its thread. */
  record Share(long runs, long simulatedMicros, long nanos) {
    Share plus(Share other) {
      return new Share(
          runs + other.runs, simulatedMicros + other.simulatedMicros, nanos + other.nanos);
    }
  }

  /** All runs that have ended. */
  public record Sum(
      long runs,
      Map<String, Share> kinds,
      long simulatedMicros,
      long events,
      long answered,
      long histories,
      FaultCounts faults,
      List<Violation> violations,
      long nanos) {
    double simulatedHours() {
      return simulatedMicros / 3.6e9;
    }

    double seconds() {
      return nanos / 1e9;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%d runs in %.1f s: %.0f simulated seconds per real second, %d events, %d operations",
          runs,
          seconds(),
          simulatedMicros / 1e6 / seconds(),
          events,
          answered);
    }
  }

  private final LongFunction<Run> runs;
  private final Function<Run, Simulation.Outcome> judge;
  private final int violationsMax;
  private final long startNanos = System.nanoTime();
  private final ExecutorService workers;
  private final List<Future<?>> working = new ArrayList<>();
  private long end;
  private long next;
  private final FaultCounts faults = new FaultCounts();
  private final List<Violation> violations = new ArrayList<>();
  private final Map<String, Share> kinds = new TreeMap<>();
  private long ended;
  private long simulatedMicros;
  private long events;
  private long answered;
  private long histories;

  /**
   * @param runs the run with a number, from 0; any thread may ask
   * @param count of them
   * @param judge runs one, and throws what it finds
   */
  Campaign(
      LongFunction<Run> runs,
      long count,
      int threads,
      int violationsMax,
      Function<Run, Simulation.Outcome> judge) {
    this.runs = runs;
    this.end = count;
    this.judge = judge;
    this.violationsMax = violationsMax;
    this.workers = Executors.newFixedThreadPool(threads);
    for (int i = 0; i < threads; i++) {
      working.add(workers.submit(this::work));
    }
    workers.shutdown();
  }

  private void work() {
    for (long number = take(); number >= 0; number = take()) {
      Run run = runs.apply(number);
      long begunNanos = System.nanoTime();
      try {
        Simulation.Outcome outcome = judge.apply(run);
        count(outcome);
        long nanos = System.nanoTime() - begunNanos;
        count(run.kind().name(), new Share(1, outcome.simulatedMicros(), nanos));
      } catch (RuntimeException | AssertionError found) {
        count(new Violation(run, found));
      }
    }
  }

  private synchronized long take() {
    return next < end ? next++ : -1;
  }

  private synchronized void count(Simulation.Outcome outcome) {
    ended++;
    simulatedMicros += outcome.simulatedMicros();
    events += outcome.events();
    answered += outcome.answered();
    histories += outcome.histories();
    faults.addAll(outcome.faults());
  }

  private synchronized void count(String kind, Share share) {
    kinds.merge(kind, share, Share::plus);
  }

  private synchronized void count(Violation violation) {
    ended++;
    violations.add(violation);
    if (violations.size() >= violationsMax) {
      stop();
    }
  }

  /** No further run begins. */
  synchronized void stop() {
    end = next;
  }

  synchronized Sum sum() {
    FaultCounts counted = new FaultCounts();
    counted.addAll(faults);
    return new Sum(
        ended,
        Map.copyOf(kinds),
        simulatedMicros,
        events,
        answered,
        histories,
        counted,
        List.copyOf(violations),
        System.nanoTime() - startNanos);
  }

  /**
   * Waits until the last run has ended.
   *
   * @return false if that takes longer than this
   * @throws ExecutionException if a run ended with what no judge throws, such as no more memory
   */
  boolean await(long nanos) throws InterruptedException, ExecutionException {
    long deadline = System.nanoTime() + nanos;
    try {
      for (Future<?> worker : working) {
        worker.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      }
      return true;
    } catch (TimeoutException notYet) {
      return false;
    }
  }

  void await() throws InterruptedException, ExecutionException {
    for (Future<?> worker : working) {
      worker.get();
    }
  }

  @Override
  public void close() {
    stop();
    workers.shutdownNow();
  }
}
