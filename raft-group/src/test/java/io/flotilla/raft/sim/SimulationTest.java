package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Test;

/**
 * A thousand worlds of five replicas with everything that can go wrong going wrong, and some of
 * other sizes. {@code -Dsim.seed=N} runs one and writes down each of its events; {@code
 * -Dsim.seeds=N} runs so many, {@code -Dsim.from=N} from there on.
 */
class SimulationTest {
  private static final int WORKERS = 2;
  private static final long SEEDS = Long.getLong("sim.seeds", 1_000);
  private static final long FROM = Long.getLong("sim.from", 1);

  @Test
  void committedEntriesSurviveAnyMinorityOfFaults() throws Exception {
    if (Long.getLong("sim.seed") != null) {
      runReadable(Long.getLong("sim.seed"));
      return;
    }
    long startNanos = System.nanoTime();
    AtomicLong next = new AtomicLong(FROM);
    AtomicLong simulatedMicros = new AtomicLong();
    AtomicLong events = new AtomicLong();
    AtomicLong answered = new AtomicLong();
    Callable<Void> worker =
        () -> {
          for (long seed = next.getAndIncrement();
              seed < FROM + SEEDS;
              seed = next.getAndIncrement()) {
            try {
              Simulation.Outcome outcome = simulation(seed).run();
              simulatedMicros.addAndGet(outcome.simulatedMicros());
              events.addAndGet(outcome.events());
              answered.addAndGet(outcome.answered());
            } catch (RuntimeException | AssertionError found) {
              next.set(FROM + SEEDS);
              throw new AssertionError(report(seed, found), found);
            }
          }
          return null;
        };
    onAllWorkers(worker);
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%d seeds in %.1f s: %.0f simulated seconds per real second, %d events, %d operations%n",
        SEEDS,
        seconds,
        simulatedMicros.get() / 1e6 / seconds,
        events.get(),
        answered.get());
    assertThat(answered.get()).as("operations that clients finished").isGreaterThan(20 * SEEDS);
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

  /** Mostly five replicas; now and then another number. */
  private static Simulation simulation(long seed) {
    int size = seed % 20 == 7 ? 3 : seed % 50 == 13 ? 7 : seed % 50 == 31 ? 1 : 5;
    return Simulation.of(seed, size);
  }

  private static void runReadable(long seed) {
    Simulation simulation = simulation(seed).readable();
    System.out.println(simulation);
    try {
      System.out.println(simulation.run());
    } finally {
      System.out.println("trace: " + simulation.trace().writeTo(traceFile(seed)));
    }
  }

  /** Runs it again, for the trace: chance that leaked in would show here. */
  private static String report(long seed, Throwable found) {
    Simulation again = simulation(seed).readable();
    Throwable second = null;
    try {
      again.run();
    } catch (RuntimeException | AssertionError repeated) {
      second = repeated;
    }
    return String.format(
        Locale.ROOT,
        "seed %d: %s%n%s%n%s%ntrace: %s%nreplay: mvn -o -q -Dquick -pl raft-group -am test"
            + " -Dtest=SimulationTest -Dsim.seed=%d%n%s",
        seed,
        found.getMessage(),
        String.valueOf(found.getMessage())
                .equals(second == null ? null : String.valueOf(second.getMessage()))
            ? "the same again when replayed"
            : "NOT THE SAME WHEN REPLAYED: " + second,
        again,
        again.trace().writeTo(traceFile(seed)),
        seed,
        again.trace().tail(30));
  }

  private static Path traceFile(long seed) {
    return Path.of("target", "sim", "seed-" + seed + ".trace");
  }

  @Test
  void sameSeedSameTrace() {
    for (long seed = FROM; seed < FROM + 20; seed++) {
      Simulation.Outcome first = simulation(seed).run();
      assertThat(simulation(seed).run()).isEqualTo(first);
      assertThat(simulation(seed).readable().run()).isEqualTo(first);
    }
  }

  @Test
  void differentSeedsDifferentTraces() {
    assertThat(simulation(1).run().traceHash()).isNotEqualTo(simulation(2).run().traceHash());
  }
}
