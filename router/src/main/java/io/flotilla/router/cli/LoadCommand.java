package io.flotilla.router.cli;

import io.flotilla.router.client.ClientConfig;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.load.LoadConfig;
import io.flotilla.router.load.LoadReport;
import io.flotilla.router.load.LoadRun;
import io.flotilla.router.load.Progress;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "load",
    description = {
      "Loads the cluster with callers that each wait for their answer before they ask again.",
      "Exits with 1 if any operation failed.",
    })
final class LoadCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster;
  @Mixin private OutputOptions output;
  @Mixin private ReadLevelOptions reads;

  /** As in YCSB. */
  private enum Workload {
    A(0.5),
    B(0.95),
    C(1);

    private final double readShare;

    Workload(double readShare) {
      this.readShare = readShare;
    }
  }

  @Option(
      names = "--workload",
      paramLabel = "NAME",
      description = "YCSB's, with its Zipfian keys. a: half reads; b: 95%% reads; c: reads only.")
  private @Nullable Workload workload;

  @Option(
      names = {"-k", "--keyspace"},
      paramLabel = "NAME",
      defaultValue = "default",
      description = "Default: ${DEFAULT-VALUE}.")
  private String keyspace;

  @Option(
      names = "--keys",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Different keys. Default: ${DEFAULT-VALUE}.")
  private long keys;

  @Option(
      names = "--key-size",
      paramLabel = "BYTES",
      defaultValue = "16",
      description = "Default: ${DEFAULT-VALUE}.")
  private int keyBytes;

  @Option(
      names = "--value-size",
      paramLabel = "BYTES",
      defaultValue = "256",
      description = "Default: ${DEFAULT-VALUE}.")
  private int valueBytes;

  @Option(
      names = "--read-share",
      paramLabel = "SHARE",
      description = "Of the operations, 0 to 1; the others are puts. Default: 0.5.")
  private @Nullable Double readShare;

  @Option(names = "--zipfian", description = "Ask for some keys far more often than for others.")
  private boolean zipfian;

  @Option(
      names = {"-c", "--concurrency"},
      paramLabel = "N",
      defaultValue = "64",
      description = "Callers. Default: ${DEFAULT-VALUE}.")
  private int concurrency;

  @Option(
      names = "--duration",
      paramLabel = "TIME",
      defaultValue = "10s",
      description = "Of the measurement. Default: ${DEFAULT-VALUE}.")
  private Duration duration;

  @Option(
      names = "--operations",
      paramLabel = "N",
      defaultValue = "0",
      description = "End after so many instead.")
  private long operations;

  @Option(
      names = "--warmup",
      paramLabel = "TIME",
      defaultValue = "2s",
      description = "Before the measurement. Default: ${DEFAULT-VALUE}.")
  private Duration warmup;

  @Option(
      names = "--no-prepare",
      description = "Do not write every key once before reading; reads may then find nothing.")
  private boolean unprepared;

  @Option(
      names = "--client-threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Event loops of the client. Default: ${DEFAULT-VALUE}.")
  private int threads;

  /** What JSON shows. */
  private record Result(LoadConfig config, LoadReport report) {}

  @Override
  public Integer call() {
    LoadConfig config = config();
    ClientConfig connection = cluster.config().withThreads(threads);
    try (FlotillaClient client = FlotillaClient.connect(connection)) {
      LoadReport report = new LoadRun(client, config, this::print).run();
      if (output.json()) {
        output.print(new Result(config, report));
      } else {
        print(report);
      }
      return report.errors().isEmpty() ? ExitCodes.OK : ExitCodes.FAILED;
    }
  }

  private LoadConfig config() {
    double share = workload == null ? 0.5 : workload.readShare;
    double readsShare = readShare == null ? share : readShare;
    return new LoadConfig(
        keyspace,
        keys,
        keyBytes,
        valueBytes,
        readsShare,
        reads.options(),
        zipfian || workload != null,
        concurrency,
        duration,
        operations,
        warmup,
        !unprepared && readsShare > 0);
  }

  private void print(Progress now) {
    output
        .err()
        .println(
            String.format(
                Locale.ROOT,
                "%-8s %5.0f s  %,9.0f ops/s  p50 %8.3f ms  p99 %8.3f ms  errors %d",
                now.phase(),
                now.seconds(),
                now.operationsPerSecond(),
                now.p50Millis(),
                now.p99Millis(),
                now.errors()));
    output.err().flush();
  }

  private void print(LoadReport report) {
    PrintWriter out = output.out();
    out.printf(
        Locale.ROOT,
        "%,d operations in %.1f s: %,.0f ops/s%n",
        report.operations(),
        report.seconds(),
        report.operationsPerSecond());
    out.println();
    Table table = new Table("LATENCY (ms)", "COUNT", "MEAN", "P50", "P90", "P99", "P99.9", "MAX");
    row(table, "reads", report.reads());
    row(table, "writes", report.writes());
    output.print(table);
    out.println();
    out.printf(Locale.ROOT, "longest gap  %.1f ms%n", report.longestGapMillis());
    out.printf(
        Locale.ROOT,
        "client       %.1f us CPU per operation, %.1f operations per request%n",
        report.cpuMicrosPerOperation(),
        report.requests() == 0 ? 0.0 : (double) report.operations() / report.requests());
    out.printf("errors       %s%n", report.errors().isEmpty() ? "none" : errors(report));
    out.flush();
  }

  private static String errors(LoadReport report) {
    return new TreeMap<>(report.errors()).toString().replaceAll("[{}]", "");
  }

  private static void row(Table table, String name, LoadReport.Latency latency) {
    if (latency.count() > 0) {
      table.row(
          name,
          latency.count(),
          millis(latency.meanMillis()),
          millis(latency.p50Millis()),
          millis(latency.p90Millis()),
          millis(latency.p99Millis()),
          millis(latency.p999Millis()),
          millis(latency.maxMillis()));
    }
  }

  private static String millis(double millis) {
    return String.format(Locale.ROOT, "%.3f", millis);
  }
}
