package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL of one process, of each in turn, of all at once: nothing acknowledged is lost, nothing
 * counted twice.
 */
class KillTest {
  private static final int ROUNDS = Integer.getInteger("flotilla.kill.rounds", 4);
  private static final long SEED = Long.getLong("flotilla.kill.seed", 1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private RunningCluster cluster;

  @BeforeEach
  void up() throws Exception {
    cluster = RunningCluster.up(directory.resolve("cluster"));
  }

  @AfterEach
  void down() throws Exception {
    cluster.close();
  }

  @Test
  void killingAnyOneProcessLosesNothingAcknowledged() throws Exception {
    Ledger ledger = new Ledger();
    Random random = new Random(SEED);
    try (FlotillaClient client = cluster.connect()) {
      try (Traffic traffic = new Traffic(ledger)) {
        startTraffic(traffic, client);
        awaitProgress(ledger, traffic);
        for (int round = 0; round < ROUNDS; round++) {
          Member victim = cluster.members().get(random.nextInt(cluster.members().size()));
          cluster.kill(victim);
          awaitProgress(ledger, traffic);
          cluster.restart();
          awaitProgress(ledger, traffic);
          assertThat(ledger.violations()).as("after round %d, %s", round, victim.name()).isEmpty();
        }
      }
      checkAll(ledger, client.keyspace("redis"));
    }
    System.out.printf(
        "kill one: %d rounds, %,d acknowledged writes, %,d reads, longest gap %.2f s, 0"
            + " violations%n",
        ROUNDS, ledger.acknowledgements(), ledger.reads(), ledger.longestGapSeconds());
  }

  @Test
  void killingAllAtOnceLosesNothingAcknowledged() throws Exception {
    Ledger ledger = new Ledger();
    try (FlotillaClient client = cluster.connect()) {
      try (Traffic traffic = new Traffic(ledger)) {
        startTraffic(traffic, client);
        awaitProgress(ledger, traffic);
        cluster.killAll();
        cluster.restart();
        awaitProgress(ledger, traffic);
      }
      checkAll(ledger, client.keyspace("redis"));
    }
    System.out.printf(
        "kill all: %,d acknowledged writes, %,d reads, 0 violations%n",
        ledger.acknowledgements(), ledger.reads());
  }

  @Test
  void countersEqualTheAcknowledgedIncrements() throws Exception {
    AtomicLongArray acknowledged = new AtomicLongArray(100);
    AtomicBoolean stopped = new AtomicBoolean();
    List<FlotillaClient> clients = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 32; i++) {
      FlotillaClient client = cluster.connect();
      clients.add(client);
      Random random = new Random(SEED + i);
      Thread thread = new Thread(() -> increment(client, random, acknowledged, stopped, failures));
      threads.add(thread);
      thread.start();
    }
    for (String victim : List.of("node-1", "node-2", "node-3")) {
      awaitIncrements(acknowledged, 2_000);
      cluster.kill(cluster.member(victim));
      awaitIncrements(acknowledged, 2_000);
      cluster.restart();
    }
    awaitIncrements(acknowledged, 2_000);
    stopped.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
    KvClient kv = clients.get(0).keyspace("default");
    Map<String, Long> expected = new HashMap<>();
    Map<String, Long> found = new HashMap<>();
    for (int i = 0; i < acknowledged.length(); i++) {
      expected.put("counter-" + i, acknowledged.get(i));
      found.put(
          "counter-" + i,
          kv.sync()
              .get(Bytes.utf8("counter-" + i))
              .map(v -> Long.parseLong(v.asUtf8()))
              .orElse(0L));
    }
    clients.forEach(FlotillaClient::close);
    assertThat(found).isEqualTo(expected);
    System.out.printf(
        "counters: 32 clients, %,d acknowledged increments, all sums exact%n",
        expected.values().stream().mapToLong(Long::longValue).sum());
  }

  /**
   * A deadline longer than any outage here: an increment ends acknowledged, retried under its
   * serial, or is a failure.
   */
  private static void increment(
      FlotillaClient client,
      Random random,
      AtomicLongArray acknowledged,
      AtomicBoolean stopped,
      List<Throwable> failures) {
    KvClient kv = client.keyspace("default").withTimeout(PATIENCE);
    while (!stopped.get()) {
      int counter = random.nextInt(acknowledged.length());
      try {
        kv.sync().increment(Bytes.utf8("counter-" + counter), 1);
        acknowledged.incrementAndGet(counter);
      } catch (RuntimeException e) {
        failures.add(e);
        return;
      }
    }
  }

  private static void awaitIncrements(AtomicLongArray acknowledged, long more) {
    long before = sum(acknowledged);
    await().atMost(PATIENCE).until(() -> sum(acknowledged) >= before + more);
  }

  private static long sum(AtomicLongArray numbers) {
    long sum = 0;
    for (int i = 0; i < numbers.length(); i++) {
      sum += numbers.get(i);
    }
    return sum;
  }

  private void startTraffic(Traffic traffic, FlotillaClient client) {
    for (int i = 0; i < 6; i++) {
      traffic.writeThroughSdk(client, i);
      traffic.readThroughSdk(client, i);
    }
    traffic.writeThroughRedis(cluster.gateway(), 0);
    traffic.writeThroughRedis(cluster.gateway(), 1);
  }

  private static void awaitProgress(Ledger ledger, Traffic traffic) {
    long writes = ledger.acknowledgements();
    long reads = ledger.reads();
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              traffic.throwBug();
              return ledger.acknowledgements() > writes + 1_000 && ledger.reads() > reads + 1_000;
            });
  }

  private static void checkAll(Ledger ledger, KvClient kv) {
    for (String key : ledger.keys()) {
      long least = ledger.least(key);
      ledger.read(key, least, kv.sync().get(Bytes.utf8(key)));
    }
    assertThat(ledger.violations()).isEmpty();
  }
}
