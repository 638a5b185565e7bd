package io.flotilla.router.load;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClientStats;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.KvException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One run against one cluster. */
public final class LoadRun {
  private static final long PROGRESS_MILLIS = 1_000;
  private static final Duration FOREVER = Duration.ofDays(365);

  private final FlotillaClient client;
  private final LoadConfig config;
  private final Consumer<Progress> onProgress;
  private final KvClient kv;
  private final KeyChooser keys;
  private final AtomicLong values = new AtomicLong();

  /**
   * A run that has not begun.
   *
   * @param onProgress called by the thread that runs
   */
  public LoadRun(FlotillaClient client, LoadConfig config, Consumer<Progress> onProgress) {
    this.client = client;
    this.config = config;
    this.onProgress = onProgress;
    this.kv = client.keyspace(config.keyspace()).withReads(config.reads());
    this.keys = new KeyChooser(config);
  }

  /**
   * Runs. Blocks until it ends and all its operations have; if the thread is interrupted it ends
   * early, with what there is.
   *
   * @throws KvException if there is no such keyspace, or nobody serves it
   */
  public LoadReport run() {
    FlotillaClient.await(kv.get(keys.key(0))); // Is anybody there, and such a keyspace?
    if (config.prepare()) {
      AtomicLong next = new AtomicLong();
      new Phase("prepare", FOREVER, config.keys(), () -> put(keys.key(next.getAndIncrement())))
          .run();
    }
    if (!config.warmup().isZero()) {
      new Phase("warmup", config.warmup(), 0, this::mixed).run();
    }
    Duration duration = config.operations() > 0 ? FOREVER : config.duration();
    ClientStats before = client.stats();
    Duration cpuBefore = cpu();
    long begun = System.nanoTime();
    Phase measured = new Phase("measure", duration, config.operations(), this::mixed);
    measured.run();
    double seconds = (System.nanoTime() - begun) / 1e9;
    return report(
        measured.meter,
        seconds,
        cpu().minus(cpuBefore),
        client.stats().requests() - before.requests());
  }

  private static LoadReport report(Meter meter, double seconds, Duration cpu, long requests) {
    LoadReport.Latency reads = meter.reads();
    LoadReport.Latency writes = meter.writes();
    long operations = reads.count() + writes.count();
    return new LoadReport(
        seconds,
        operations,
        operations / seconds,
        reads,
        writes,
        meter.errors(),
        meter.longestGapNanos() / 1e6,
        operations == 0 ? 0 : cpu.toNanos() / 1e3 / operations,
        requests);
  }

  /** An operation that has begun. */
  private record Begun(boolean read, CompletableFuture<?> answer) {}

  @FunctionalInterface
  private interface Source {
    Begun begin();
  }

  private Begun mixed() {
    boolean read = ThreadLocalRandom.current().nextDouble() < config.readShare();
    return read ? new Begun(true, kv.get(keys.next())) : put(keys.next());
  }

  private Begun put(Bytes key) {
    byte[] value = new byte[config.valueBytes()];
    ThreadLocalRandom.current().nextBytes(value);
    ByteBuffer.wrap(value).putLong(values.incrementAndGet());
    return new Begun(false, kv.put(key, Bytes.wrap(value)));
  }

  private static Duration cpu() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** Some callers, until the time or the operations are used up. */
  private final class Phase {
    private final String name;
    private final Source source;
    private final long begunNanos = System.nanoTime();
    private final long endNanos;
    private final AtomicLong left;
    private final Meter meter = new Meter(begunNanos);
    private final CountDownLatch callers = new CountDownLatch(config.concurrency());
    private volatile boolean stopped;

    Phase(String name, Duration duration, long operations, Source source) {
      this.name = name;
      this.source = source;
      this.endNanos = begunNanos + duration.toNanos();
      this.left = new AtomicLong(operations == 0 ? Long.MAX_VALUE : operations);
    }

    void run() {
      for (int i = 0; i < config.concurrency(); i++) {
        call();
      }
      long reportedNanos = begunNanos;
      try {
        while (!callers.await(PROGRESS_MILLIS, TimeUnit.MILLISECONDS)) {
          long now = System.nanoTime();
          tell(now, now - reportedNanos);
          reportedNanos = now;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        stopped = true;
      }
      meter.end(Math.min(System.nanoTime(), endNanos));
    }

    /** One caller's next operation. An answer that is there at once costs no recursion. */
    private void call() {
      while (!stopped && System.nanoTime() - endNanos < 0 && left.getAndDecrement() > 0) {
        long begun = System.nanoTime();
        Begun operation = source.begin();
        if (!operation.answer.isDone()) {
          operation.answer.whenComplete(
              (value, failure) -> {
                ended(operation, begun, failure);
                call();
              });
          return;
        }
        operation.answer.whenComplete((value, failure) -> ended(operation, begun, failure));
      }
      callers.countDown();
    }

    private void ended(Begun operation, long begun, @Nullable Throwable failure) {
      if (failure == null) {
        meter.succeeded(operation.read, begun, System.nanoTime());
      } else {
        meter.failed(failure instanceof KvException known ? known.codeName() : failure.toString());
      }
    }

    private void tell(long now, long sinceNanos) {
      Histogram interval = meter.interval();
      onProgress.accept(
          new Progress(
              name,
              (now - begunNanos) / 1e9,
              interval.getTotalCount() * 1e9 / sinceNanos,
              interval.getValueAtPercentile(50) / 1e3,
              interval.getValueAtPercentile(99) / 1e3,
              meter.errors().values().stream().mapToLong(Long::longValue).sum()));
    }
  }
}
