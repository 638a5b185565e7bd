package io.flotilla.deploy.demo;

import io.flotilla.deploy.dev.EmbeddedCluster;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.load.LoadReport;
import io.flotilla.router.load.Meter;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The chapters of the demo, in order. */
final class Tour {
  private static final int IN_FLIGHT = 128;
  private static final int VALUE_BYTES_MAX = 1 << 20;
  private static final int REPORT_EVERY = 64;
  private static final int REDIS_SAMPLE = 1_000;
  private static final double KILL_AT = 0.35;
  private static final double REVIVE_AT = 0.65;
  private static final int VICTIM = 1;
  private static final String FILES = "redis";
  private static final Duration SPREAD_WITHIN = Duration.ofMinutes(3);

  private final EmbeddedCluster cluster;
  private final Screen screen;
  private final int filesMax;
  private final Map<String, Integer> written = new HashMap<>();
  private final Map<Integer, byte[]> digests = new ConcurrentHashMap<>();
  private long writtenBytes;
  private final Comparison throughSdk = new Comparison();
  private final Comparison throughRedis = new Comparison();

  Tour(EmbeddedCluster cluster, Screen screen, int filesMax) {
    this.cluster = cluster;
    this.screen = screen;
    this.filesMax = filesMax;
  }

  /** Whether every byte was right. */
  boolean run() throws Exception {
    long began = System.nanoTime();
    screen.chapter("1. A cluster: 3 placement members, 3 nodes, 1 gateway, each with its own disk");
    cluster.awaitServing();
    screen.say("  placement  %s", cluster.endpoints());
    screen.say("  redis      127.0.0.1:%d", cluster.redisPort());
    screen.say("  leaders    %s", leaders());
    List<Corpus.Piece> pieces = Corpus.pieces(VALUE_BYTES_MAX);
    pieces = pieces.subList(0, Math.min(filesMax, pieces.size()));
    try (FlotillaClient client = cluster.connect()) {
      KvClient files = client.keyspace(FILES);
      KvClient counters = client.keyspace("default");
      Meter writes = write(pieces, files, counters);
      catchUp();
      grow(pieces, files, counters);
      Meter reads = readBack(pieces, files);
      sampleThroughRedis(pieces);
      long miscounted = checkCounters(counters);
      boolean right = summary(writes, reads, pieces.size(), miscounted);
      screen.say("(%.0f s)", (System.nanoTime() - began) / 1e9);
      return right;
    }
  }

  private Meter write(List<Corpus.Piece> pieces, KvClient files, KvClient counters)
      throws Exception {
    screen.chapter(
        "2. The JDK's own class library goes in, each write synced on two disks of three; a node is"
            + " lost meanwhile");
    Meter meter = new Meter(System.nanoTime());
    int killAt = (int) (pieces.size() * KILL_AT);
    int reviveAt = (int) (pieces.size() * REVIVE_AT);
    Window window = new Window();
    for (int i = 0; i < pieces.size(); i++) {
      if (i == killAt) {
        lose(meter);
      }
      if (i == reviveAt) {
        revive();
      }
      Corpus.Piece piece = pieces.get(i);
      byte[] value = piece.read();
      digests.put(i, Corpus.digest(value));
      written.merge(piece.module(), 1, Integer::sum);
      writtenBytes += value.length;
      window.run(meter, false, () -> put(piece, value, files, counters));
      report("written", meter, i, pieces.size());
    }
    window.drain();
    screen.endBar();
    screen.say(
        "  %,d objects, %s, %,.0f/s, %s, longest gap %.2f s",
        meter.done(),
        megabytes(writtenBytes),
        meter.perSecond(),
        percentiles(meter.writes()),
        meter.longestGapNanos() / 1e9);
    return meter;
  }

  private void lose(Meter meter) throws Exception {
    screen.say(
        "  ! %s is lost, as in a crash (after %,d objects)",
        cluster.nodeName(VICTIM), meter.done());
    screen.say("    leaders before  %s", leaders());
    cluster.killNode(VICTIM);
  }

  private void revive() throws Exception {
    screen.say("    leaders after   %s", leaders());
    cluster.restartNode(VICTIM);
    screen.say("  ! %s is back, with the disk it left", cluster.nodeName(VICTIM));
  }

  private void catchUp() throws Exception {
    long began = System.nanoTime();
    long behind = cluster.awaitCaughtUp();
    screen.say(
        "  %s caught up: every replica of every shard has applied the same %,d entries (%.1f s"
            + " after the last write)",
        cluster.nodeName(VICTIM), behind, (System.nanoTime() - began) / 1e9);
  }

  private static CompletableFuture<Long> put(
      Corpus.Piece piece, byte[] value, KvClient files, KvClient counters) {
    return files
        .put(Bytes.wrap(piece.key()), Bytes.wrap(value))
        .thenCompose(done -> counters.increment(counterKey(piece.module()), 1));
  }

  /** Writes the objects again, from the first one on, until all is where it should be. */
  private void grow(List<Corpus.Piece> pieces, KvClient files, KvClient counters) throws Exception {
    screen.chapter("3. A fourth node and twice the shards, while the objects are written again");
    long began = System.nanoTime();
    int shards = 2 * cluster.shards();
    cluster.addNode();
    cluster.addShards(FILES, cluster.shards());
    Meter meter = new Meter(began);
    Window window = new Window();
    for (int i = 0; !(i % REPORT_EVERY == 0 && isSpread(shards, began)); i++) {
      Corpus.Piece piece = pieces.get(i % pieces.size());
      byte[] value = piece.read();
      written.merge(piece.module(), 1, Integer::sum);
      window.run(meter, false, () -> put(piece, value, files, counters));
    }
    window.drain();
    screen.say("  shards     %d instead of %d in keyspace %s", shards, cluster.shards(), FILES);
    screen.say("  replicas   %s", String.join("  ", cluster.replicasByNode()));
    screen.say("  leaders    %s", leaders());
    screen.say(
        "  evened out by placement in %.1f s; %,d objects written meanwhile, %s, longest gap %.2f"
            + " s",
        (System.nanoTime() - began) / 1e9,
        meter.done(),
        percentiles(meter.writes()),
        meter.longestGapNanos() / 1e9);
  }

  private boolean isSpread(int shards, long beganNanos) {
    if (System.nanoTime() - beganNanos > SPREAD_WITHIN.toNanos()) {
      throw new IllegalStateException(
          "shards are not spread after " + SPREAD_WITHIN.toSeconds() + " s");
    }
    return cluster.isSpread(FILES, shards);
  }

  private Meter readBack(List<Corpus.Piece> pieces, KvClient files) throws Exception {
    screen.chapter("4. Everything is read back, linearizably, and compared by SHA-256");
    Meter meter = new Meter(System.nanoTime());
    Window window = new Window();
    for (int i = 0; i < pieces.size(); i++) {
      int index = i;
      Corpus.Piece piece = pieces.get(i);
      window.run(
          meter,
          true,
          () ->
              files
                  .get(Bytes.wrap(piece.key()))
                  .thenAccept(
                      value -> throughSdk.add(digest(index), value.map(Bytes::toByteArray))));
      report("read", meter, i, pieces.size());
    }
    window.drain();
    screen.endBar();
    screen.say(
        "  %,d objects, %s; %,.0f/s, %s",
        meter.done(), throughSdk.words(), meter.perSecond(), percentiles(meter.reads()));
    return meter;
  }

  private void sampleThroughRedis(List<Corpus.Piece> pieces) throws IOException {
    screen.chapter("5. The same data as a Redis client sees it");
    int step = Math.max(1, pieces.size() / REDIS_SAMPLE);
    int read = 0;
    try (RedisProbe redis = new RedisProbe("127.0.0.1", cluster.redisPort())) {
      for (int i = 0; i < pieces.size(); i += step) {
        throughRedis.add(digest(i), redis.get(pieces.get(i).key()));
        read++;
      }
    }
    screen.say("  GET of %,d objects through the gateway, %s", read, throughRedis.words());
  }

  /**
   * Counters were raised once for each object, through the loss of the node: exactly once, or they
   * disagree.
   */
  private long checkCounters(KvClient counters) throws Exception {
    long miscounted = 0;
    for (Map.Entry<String, Integer> module : new TreeMap<>(written).entrySet()) {
      Optional<Bytes> value = counters.sync().get(counterKey(module.getKey()));
      String text = value.map(Bytes::asUtf8).orElse("0");
      if (Long.parseLong(text) != module.getValue()) {
        screen.say("  ! %s was counted %s times, not %d", module.getKey(), text, module.getValue());
        miscounted++;
      }
    }
    screen.say(
        "  %d counters, one for each module, raised through it all: %s",
        written.size(), miscounted == 0 ? "all exact" : miscounted + " wrong");
    return miscounted;
  }

  private boolean summary(Meter writes, Meter reads, long objects, long miscounted) {
    long wrong = throughSdk.wrong() + throughRedis.wrong();
    boolean right = wrong == 0 && miscounted == 0 && throughSdk.right() == objects;
    screen.chapter("Summary");
    screen.say("  objects      %,d (%s), three copies each", objects, megabytes(writtenBytes));
    screen.say(
        "  writes       %,.0f objects/s and as many counter increments, %s",
        writes.perSecond(), percentiles(writes.writes()));
    screen.say(
        "  longest gap  %.2f s without a write, when the node was lost",
        writes.longestGapNanos() / 1e9);
    screen.say("  reads        %,.0f objects/s, %s", reads.perSecond(), percentiles(reads.reads()));
    screen.say(
        "  verified     %,d objects through the SDK, %,d through Redis, %d counters",
        throughSdk.right(), throughRedis.right(), written.size() - miscounted);
    screen.say("  wrong        %d reads of objects, %d counters", wrong, miscounted);
    screen.say("%n%s", right ? "Nothing was lost." : "SOMETHING IS WRONG: see above.");
    return right;
  }

  /** Of what was written as this piece. */
  private byte[] digest(int index) {
    return Objects.requireNonNull(digests.get(index));
  }

  private void report(String verb, Meter meter, int index, int total) {
    if (index % REPORT_EVERY == 0) {
      screen.progress(verb, meter.done(), total, meter.perSecond());
    }
  }

  private String leaders() {
    return String.join("  ", cluster.leadersByNode());
  }

  private static Bytes counterKey(String module) {
    return Bytes.utf8("files-of/" + module);
  }

  private static String percentiles(LoadReport.Latency latency) {
    return String.format(
        Locale.ROOT, "p50 %.1f ms, p99 %.0f ms", latency.p50Millis(), latency.p99Millis());
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%,.1f MB", bytes / 1e6);
  }

  /** So many operations under way at once; the first failure ends the tour. */
  private final class Window {
    private final Semaphore permits = new Semaphore(IN_FLIGHT);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    void run(Meter meter, boolean read, Supplier<? extends CompletableFuture<?>> operation)
        throws InterruptedException {
      permits.acquire();
      check();
      long start = System.nanoTime();
      operation
          .get()
          .whenComplete(
              (result, problem) -> {
                if (problem == null) {
                  meter.succeeded(read, start, System.nanoTime());
                } else {
                  failure.compareAndSet(null, problem);
                }
                permits.release();
              });
    }

    void drain() throws InterruptedException {
      permits.acquire(IN_FLIGHT);
      permits.release(IN_FLIGHT);
      check();
    }

    private void check() {
      Throwable problem = failure.get();
      if (problem != null) {
        throw new IllegalStateException("an operation failed: " + problem.getMessage(), problem);
      }
    }
  }
}
