package io.flotilla.raft.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The command as it is typed: exit codes, what it prints, and that it finds what is there. */
class SimMainTest {
  /** A run in which something is found at its end, or which ends otherwise each time. */
  private record Changed(SimRun real, boolean broken, LongSupplier chance) implements SimRun {
    @Override
    public Simulation.Outcome run() {
      Simulation.Outcome seen = real.run();
      if (broken) {
        throw new AssertionError("BROKEN: on purpose");
      }
      return new Simulation.Outcome(
          seen.seed(),
          seen.replicas(),
          seen.simulatedMicros(),
          seen.events(),
          seen.answered(),
          seen.committed(),
          seen.terms(),
          seen.histories(),
          seen.faults(),
          seen.traceHash() + chance.getAsLong());
    }

    @Override
    public SimRun readable() {
      return new Changed(real.readable(), broken, chance);
    }

    @Override
    public Trace trace() {
      return real.trace();
    }
  }

  private record Ran(int code, String out, String err) {}

  private static Ran run(List<RunKind> kinds, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = new SimMain(kinds, kinds).commandLine();
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return new Ran(line.execute(arguments), out.toString(), err.toString());
  }

  private static RunKind broken(LongPredicate where) {
    return new RunKind(
        "broken", seed -> new Changed(Simulation.of(seed, 3), where.test(seed), () -> 0));
  }

  @Test
  void eachSeedIsRunInBothWorldsAndWhatHappenedIsCounted() {
    Ran ran = run(List.of(RunKind.CORE, RunKind.RUNTIME), "--seeds", "2", "--from", "5");
    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(ran.out()).startsWith("seeds from 5, each as core and runtime, on ");
    assertThat(row(ran, "seeds")).isEqualTo("2, 4 runs");
    assertThat(row(ran, "histories")).isEqualTo("8 checked: linearizable");
    assertThat(row(ran, "violations")).isEqualTo("0");
    assertThat(row(ran, "of that core")).startsWith("2 runs, 0.");
    assertThat(row(ran, "of that runtime")).startsWith("2 runs, 0.");
    for (String counted : List.of("crashes", "messages lost", "logs truncated")) {
      assertThat(row(ran, counted)).as(counted).isNotEqualTo("0");
    }
  }

  @Test
  void kindsAreChosen() {
    List<RunKind> both = List.of(RunKind.CORE, RunKind.RUNTIME);
    Ran ran = run(both, "--seeds", "2", "--kinds", "runtime");
    assertThat(ran.out()).startsWith("seeds from 1, each as runtime, on ");
    assertThat(row(ran, "seeds")).isEqualTo("2, 2 runs");
    assertThat(row(ran, "of that runtime")).startsWith("2 runs, ");
  }

  private static String row(Ran ran, String what) {
    return ran.out()
        .lines()
        .filter(line -> line.strip().startsWith(what + "  "))
        .map(line -> line.strip().substring(what.length()).strip())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no row " + what + " in " + ran.out()));
  }

  @Test
  void aSeedThatFailsNamesTheCommandThatReplaysIt() {
    Ran ran = run(List.of(broken(seed -> seed == 2)), "--seeds", "3");
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out())
        .contains(
            "VIOLATION broken:2: BROKEN: on purpose",
            "the same again when replayed",
            "replay: deploy/flotilla sim --replay broken:2");
    assertThat(row(ran, "violations")).isEqualTo("1");
    assertThat(row(ran, "seeds")).isEqualTo("3, 3 runs");
  }

  @Test
  void tenViolationsAreEnough() {
    Ran ran = run(List.of(broken(seed -> true)), "--minutes", "60", "--threads", "1");
    assertThat(ran.code()).isEqualTo(1);
    assertThat(row(ran, "violations")).isEqualTo("10");
  }

  @Test
  void replayTellsTheLastEventsAndTheViolation(@TempDir Path directory) throws IOException {
    Path trace = directory.resolve("whole.trace");
    Ran ran =
        run(List.of(broken(s -> s == 2)), "--replay", "broken:2", "--trace", trace.toString());
    assertThat(ran.code()).isEqualTo(1);
    List<String> lines = ran.out().lines().toList();
    assertThat(lines.subList(0, SimMain.TAIL_LINES)).allMatch(line -> line.contains(" ms  "));
    assertThat(lines.get(lines.size() - 1)).isEqualTo("VIOLATION broken:2: BROKEN: on purpose");
    SimRun again = Simulation.of(2, 3);
    again.run();
    assertThat(Files.readAllLines(trace))
        .hasSize((int) again.trace().count())
        .endsWith(lines.subList(0, SimMain.TAIL_LINES).toArray(String[]::new));
  }

  @Test
  void replayOfASeedWithoutViolation() {
    Ran ran = run(List.of(RunKind.CORE), "--replay", "core:3");
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("nothing found: Outcome[seed=3");
  }

  @Test
  void twiceTheSameSeedIsTwiceTheSameRun() {
    Ran ran = run(List.of(RunKind.CORE, RunKind.RUNTIME), "--check-replay", "2");
    assertThat(ran.code()).as(ran.out()).isZero();
    assertThat(ran.out()).contains("2 of 2 seeds were equal when run again");
  }

  @Test
  void chanceThatLeaksInIsFound() {
    AtomicLong leak = new AtomicLong();
    RunKind leaky =
        new RunKind(
            "leaky", seed -> new Changed(Simulation.of(seed, 3), false, leak::incrementAndGet));
    Ran ran = run(List.of(leaky), "--check-replay", "2");
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out()).contains("0 of 2 seeds were equal when run again", "REPLAY: first ");
  }

  @ParameterizedTest
  @CsvSource({
    "--bogus, Unknown option: '--bogus'",
    "--seeds x, Invalid value for option '--seeds': 'x' is not a long",
    "--seeds 0, --seeds must be at least 1",
    "--minutes 0, --minutes must be more than 0",
    "--threads -1, --threads must be at least 1",
    "--check-replay 0, --check-replay must be at least 1",
    "--check-replay 2 --seeds 2, '--check-replay draws its seeds, so many and no more'",
    "--kinds cure, '--kinds takes core, not ''cure'''",
    "--replay core, '--replay takes a run as core:17, not ''core'''",
    "--replay cure:1, '--replay takes a run as core:17, not ''cure:1'''",
    "--replay core:1 --kinds core, --replay is of one run and no more",
    "--replay core:1 --seeds 2, --replay is of one run and no more",
    "--trace file, --trace needs --replay",
  })
  void whatIsWrongWithTheCommandLineIsOneLine(String arguments, String complaint) {
    Ran ran = run(List.of(RunKind.CORE), arguments.split(" "));
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err().strip())
        .isEqualTo("flotilla: " + complaint + " (see flotilla sim --help)");
  }
}
