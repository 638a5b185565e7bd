package io.flotilla.raft.sim;

import io.flotilla.raft.sim.Campaign.Violation;
import io.flotilla.raft.sim.RunKind.Run;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;

/**
 * Many seeds of one kind as a test, on two threads, each run twice: both must end alike, event by
 * event. The first that finds something ends it all, and is run again for its trace. {@code
 * -Dsim.seed=N} runs one and writes down each of its events, as {@code flotilla sim --replay} does
 * without a test; {@code -Dsim.seeds=N} runs so many, {@code -Dsim.from=N} from there on.
 */
public final class Seeds {
  private static final int WORKERS = 2;

  private final RunKind kind;
  private final long from = Long.getLong("sim.from", 1);

  public Seeds(RunKind kind) {
    this.kind = kind;
  }

  public Campaign.Sum run(long count) throws InterruptedException, ExecutionException {
    Long one = Long.getLong("sim.seed");
    long first = one == null ? from : one;
    long seeds = one == null ? Long.getLong("sim.seeds", count) : 1;
    try (Campaign campaign =
        new Campaign(
            number -> new Run(kind, first + number),
            seeds,
            WORKERS,
            1,
            run -> one == null ? Replay.twice(run) : readable(run))) {
      campaign.await();
      Campaign.Sum sum = campaign.sum();
      if (!sum.violations().isEmpty()) {
        Violation violation = sum.violations().get(0);
        throw new AssertionError(report(violation), violation.what());
      }
      return sum;
    }
  }

  private static Simulation.Outcome readable(Run run) {
    SimRun readable = run.begin().readable();
    System.out.println(readable);
    try {
      Simulation.Outcome outcome = readable.run();
      System.out.println(outcome);
      return outcome;
    } finally {
      System.out.println("trace: " + readable.trace().writeTo(traceFile(run)));
    }
  }

  private static String report(Violation violation) {
    Replay again = Replay.of(violation.run());
    return "%s seed %d: %s%n%s%n%s%ntrace: %s%nreplay: %s%n%s"
        .formatted(
            violation.run().kind().name(),
            violation.run().seed(),
            violation.message(),
            again.comparedWith(violation),
            again.run(),
            again.run().trace().writeTo(traceFile(violation.run())),
            Replay.command(violation.run()),
            again.run().trace().tail(20));
  }

  private static Path traceFile(Run run) {
    return Path.of("target", "sim", run.kind().name() + "-" + run.seed() + ".trace");
  }
}
