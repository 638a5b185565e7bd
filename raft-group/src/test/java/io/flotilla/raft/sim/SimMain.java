package io.flotilla.raft.sim;

import io.flotilla.raft.sim.Campaign.Sum;
import io.flotilla.raft.sim.RunKind.Run;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code flotilla sim}. The launcher starts it: it lives with the simulator, of which the product
 * knows nothing.
 */
@Command(
    name = "flotilla sim",
    description = {
      "Simulates groups, nodes and clusters on a simulated clock, network and disk, with everything"
          + " going wrong that can,",
      "for as long as one likes: each seed as a world of the core, as one of the runtime, as one of"
          + " the runtime with shards' own state machine, and as a whole cluster; or as one that is"
          + " recovered.",
      "Exit code 0 only if nothing was found; Ctrl-C ends it with its summary."
    },
    mixinStandardHelpOptions = true)
public final class SimMain implements Callable<Integer> {
  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int VIOLATIONS_MAX = 10;
  private static final long SEEDS = 100;
  static final int TAIL_LINES = 40;

  /** Drawn seeds are below this: they are to be typed. */
  private static final long SEED_MAX = 1_000_000_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "So many seeds (default: 100, or as many as --minutes allow).")
  private @Nullable Long seeds;

  @Option(names = "--minutes", paramLabel = "M", description = "Begin no run after so long.")
  private @Nullable Double minutes;

  @Option(
      names = "--from",
      paramLabel = "SEED",
      description = "The first seed (default: 1), or what random ones are drawn from.")
  private @Nullable Long from;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Runs at the same time (default: as many as there are processors).")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--kinds",
      paramLabel = "KIND",
      split = ",",
      description =
          "What each seed is run as (default: core,runtime,shard,whole; also:" + " recovery).")
  private @Nullable List<String> wanted;

  @Option(
      names = "--check-replay",
      paramLabel = "N",
      description =
          "Instead: runs so many random seeds twice; both must end alike, event by event.")
  private @Nullable Long checkReplay;

  @Option(
      names = "--replay",
      paramLabel = "RUN",
      description =
          "Instead: one run again, as core:17, runtime:17, shard:17, whole:17 or recovery:17, with"
              + " its last events.")
  private @Nullable String replay;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "With --replay: writes all of its events there.")
  private @Nullable Path trace;

  private final List<RunKind> known;
  private List<RunKind> kinds;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable Campaign running;

  /**
   * @param kinds that each seed is run as, unless others are named
   * @param known that can be named
   */
  SimMain(List<RunKind> kinds, List<RunKind> known) {
    this.kinds = kinds;
    this.known = known;
  }

  CommandLine commandLine() {
    return new CommandLine(this)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(
            (wrong, arguments) -> {
              CommandLine line = wrong.getCommandLine();
              line.getErr()
                  .println(
                      "flotilla: %s (see %s --help)"
                          .formatted(
                              wrong.getMessage().lines().findFirst().orElse(""),
                              line.getCommandName()));
              return 2;
            });
  }

  /** Ends the process. */
  public static void run(List<RunKind> kinds, List<RunKind> known, String[] arguments) {
    SimMain command = new SimMain(kinds, known);
    Runtime.getRuntime().addShutdownHook(new Thread(command::endByHand, "end by hand"));
    int code = command.commandLine().execute(arguments);
    command.ended.countDown();
    System.exit(code);
  }

  @Override
  public Integer call() throws Exception {
    checkOptions();
    PrintWriter out = spec.commandLine().getOut();
    if (replay != null) {
      return replay(named(replay), out);
    }
    if (wanted != null) {
      kinds = wanted.stream().distinct().map(this::kind).toList();
    }
    Report report = new Report(out, kinds.size());
    return checkReplay != null ? twice(checkReplay, report) : simulate(report);
  }

  private void checkOptions() {
    require(seeds == null || seeds > 0, "--seeds must be at least 1");
    require(minutes == null || minutes > 0, "--minutes must be more than 0");
    require(threads > 0, "--threads must be at least 1");
    require(checkReplay == null || checkReplay > 0, "--check-replay must be at least 1");
    require(trace == null || replay != null, "--trace needs --replay");
    boolean many = seeds != null || minutes != null;
    boolean one = replay != null;
    require(
        !one || !(many || from != null || wanted != null || checkReplay != null),
        "--replay is of one run and no more");
    require(checkReplay == null || !many, "--check-replay draws its seeds, so many and no more");
  }

  private void require(boolean holds, String rule) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), rule);
    }
  }

  private Run named(String name) {
    return RunKind.named(known, name)
        .orElseThrow(
            () ->
                new ParameterException(
                    spec.commandLine(), "--replay takes a run as core:17, not '" + name + "'"));
  }

  private RunKind kind(String name) {
    return known.stream()
        .filter(kind -> kind.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new ParameterException(
                    spec.commandLine(),
                    "--kinds takes %s, not '%s'"
                        .formatted(
                            known.stream().map(RunKind::name).collect(Collectors.joining(", ")),
                            name)));
  }

  private int simulate(Report report) throws Exception {
    long first = from == null ? 1 : from;
    long most = minutes == null ? SEEDS : Long.MAX_VALUE / kinds.size();
    long count = (seeds == null ? most : seeds) * kinds.size();
    report.begins(
        "seeds from %d, each as %s, on %d threads".formatted(first, names(" and "), threads));
    Sum sum =
        run(number -> run(number, first + number / kinds.size()), count, SimMain::once, report);
    report.ends(sum);
    return sum.violations().isEmpty() ? 0 : 1;
  }

  private int twice(long count, Report report) throws Exception {
    long first = from == null ? new SplittableRandom().nextLong(SEED_MAX) : from;
    report.begins(
        "%d random seeds (--from %d), as %s, each twice, on %d threads"
            .formatted(count, first, names(" or "), threads));
    Sum sum =
        run(
            number -> run(number, new SplittableRandom(first + number).nextLong(SEED_MAX)),
            count,
            Replay::twice,
            report);
    report.endsTwice(sum);
    return sum.violations().isEmpty() ? 0 : 1;
  }

  private String names(String between) {
    return kinds.stream().map(RunKind::name).collect(Collectors.joining(between));
  }

  /** Kinds take turns. */
  private Run run(long number, long seed) {
    return new Run(kinds.get((int) (number % kinds.size())), seed);
  }

  private static Simulation.Outcome once(Run run) {
    return run.begin().run();
  }

  private Sum run(
      LongFunction<Run> runs, long count, Function<Run, Simulation.Outcome> judge, Report report)
      throws InterruptedException, ExecutionException {
    try (Campaign campaign = new Campaign(runs, count, threads, VIOLATIONS_MAX, judge)) {
      running = campaign;
      long nanos = minutes == null ? Long.MAX_VALUE : (long) (minutes * 60e9);
      long startNanos = System.nanoTime();
      long left = nanos;
      while (!campaign.await(Math.min(PROGRESS_NANOS, left))) {
        report.goesOn(campaign.sum());
        left = nanos - (System.nanoTime() - startNanos);
        if (left <= 0) {
          campaign.stop();
          left = PROGRESS_NANOS;
        }
      }
      return campaign.sum();
    }
  }

  /** What was begun ends, and is reported. */
  private void endByHand() {
    Campaign campaign = running;
    if (campaign != null) {
      campaign.stop();
    }
    try {
      ended.await();
    } catch (InterruptedException hurried) {
      Thread.currentThread().interrupt();
    }
  }

  private int replay(Run name, PrintWriter out) {
    Replay again = Replay.of(name);
    out.print(again.run().trace().tail(TAIL_LINES));
    if (trace != null) {
      out.println("trace: " + again.run().trace().writeTo(trace));
    }
    out.println(again.run());
    again.outcome().ifPresent(outcome -> out.println("nothing found: " + outcome));
    again.found().ifPresent(found -> out.println("VIOLATION " + name + ": " + found.message()));
    return again.found().isPresent() ? 1 : 0;
  }
}
