package io.flotilla.raft.sim;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;

/**
 * Many seeds, each a world of its own, on two threads; the first that finds something ends it all,
 * and is run again for its trace. {@code -Dsim.seed=N} runs one and writes down each of its events;
 * {@code -Dsim.seeds=N} runs so many, {@code -Dsim.from=N} from there on.
 */
final class Seeds {
  /** All runs together. */
  record Sum(long seeds, double simulatedSeconds, long events, long answered, double seconds) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%d seeds in %.1f s: %.0f simulated seconds per real second, %d events, %d operations",
          seeds,
          seconds,
          simulatedSeconds / seconds,
          events,
          answered);
    }
  }

  private static final int WORKERS = 2;

  private final String test;
  private final LongFunction<SimRun> runs;
  private final long from = Long.getLong("sim.from", 1);
  private final AtomicLong next = new AtomicLong(from);
  private final AtomicLong simulatedMicros = new AtomicLong();
  private final AtomicLong events = new AtomicLong();
  private final AtomicLong answered = new AtomicLong();

  Seeds(Class<?> test, LongFunction<SimRun> runs) {
    this.test = test.getSimpleName();
    this.runs = runs;
  }

  Sum run(long count) throws Exception {
    Long one = Long.getLong("sim.seed");
    long seeds = one == null ? Long.getLong("sim.seeds", count) : 1;
    long startNanos = System.nanoTime();
    if (one == null) {
      onAllWorkers(() -> runUpTo(from + seeds));
    } else {
      runReadable(one);
    }
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    return new Sum(seeds, simulatedMicros.get() / 1e6, events.get(), answered.get(), seconds);
  }

  private Void runUpTo(long end) {
    for (long seed = next.getAndIncrement(); seed < end; seed = next.getAndIncrement()) {
      try {
        count(runs.apply(seed).run());
      } catch (RuntimeException | AssertionError found) {
        next.set(end);
        throw new AssertionError(report(seed, found), found);
      }
    }
    return null;
  }

  private void count(Simulation.Outcome outcome) {
    simulatedMicros.addAndGet(outcome.simulatedMicros());
    events.addAndGet(outcome.events());
    answered.addAndGet(outcome.answered());
  }

  private static void onAllWorkers(Callable<Void> worker) throws Exception {
    ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
    try {
      List<Future<Void>> running = new ArrayList<>();
      for (int i = 0; i < WORKERS; i++) {
        running.add(workers.submit(worker));
      }
      for (Future<Void> one : running) {
        one.get();
      }
    } catch (ExecutionException found) {
      if (found.getCause() instanceof AssertionError violation) {
        throw violation;
      }
      throw found;
    } finally {
      workers.shutdownNow();
    }
  }

  private void runReadable(long seed) {
    SimRun run = runs.apply(seed).readable();
    System.out.println(run);
    try {
      Simulation.Outcome outcome = run.run();
      System.out.println(outcome);
      count(outcome);
    } finally {
      System.out.println("trace: " + run.trace().writeTo(traceFile(seed)));
    }
  }

  /** Runs it again, for the trace: chance that leaked in would show here. */
  private String report(long seed, Throwable found) {
    SimRun again = runs.apply(seed).readable();
    Throwable second = null;
    try {
      again.run();
    } catch (RuntimeException | AssertionError repeated) {
      second = repeated;
    }
    boolean same = second != null && second.toString().equals(found.toString());
    return String.format(
        Locale.ROOT,
        "seed %d: %s%n%s%n%s%ntrace: %s%n"
            + "replay: mvn -o -q -Dquick -pl raft-group -am test -Dtest=%s -Dsim.seed=%d%n%s",
        seed,
        found instanceof AssertionError ? found.getMessage() : found,
        same ? "the same again when replayed" : "NOT THE SAME WHEN REPLAYED: " + second,
        again,
        again.trace().writeTo(traceFile(seed)),
        test,
        seed,
        again.trace().tail(20));
  }

  private Path traceFile(long seed) {
    return Path.of("target", "sim", test + "-" + seed + ".trace");
  }
}
