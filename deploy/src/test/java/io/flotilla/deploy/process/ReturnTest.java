package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.deploy.process.Traffic.Summary;
import io.flotilla.raft.rocksdb.RocksLogConfig;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.ClusterStatus.Replica;
import io.flotilla.router.client.ClusterStatus.Shard;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.KvException;
import io.flotilla.router.client.NodeMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node that was stopped while much was written, and one whose disk was wiped, come back through
 * snapshots while clients write on: nobody campaigns because of it, and logs stay short. How short,
 * files tell only where more is written than may lie in write-ahead logs, as with {@code
 * -Dflotilla.return.mib=1024}; else that they were cut.
 */
class ReturnTest {
  private static final int MEBIBYTES = Integer.getInteger("flotilla.return.mib", 48);
  private static final int VALUE_BYTES = 64 << 10;
  private static final int IN_FLIGHT = 32;

  /** Of the keyspace that all this is written to. */
  private static final int SHARDS = 16;

  /** What each shard is given. */
  private static final long GIVEN = ((long) MEBIBYTES << 20) / SHARDS;

  /** Of a log that is not about to be cut. */
  private static final long RETAINED = GIVEN / 16;

  /** Times that, which a log may weigh for the sake of others: {@code LogCutter}. */
  private static final int LOG_PATIENCE = 4;

  /** What a node's logs may take on its disk, with write-ahead logs and those kept for reuse. */
  private static final long LOG_BYTES_MAX =
      SHARDS * LOG_PATIENCE * RETAINED
          + RocksLogConfig.DEFAULT.walBytesMax()
          + RocksLogConfig.DEFAULT.recycledWals() * RocksLogConfig.DEFAULT.writeBufferBytes();

  private static final Duration PATIENCE = Duration.ofSeconds(60 + MEBIBYTES);

  @TempDir private Path directory;

  @Test
  void whoWasAwayAndWhoLostItsDiskComeBackThroughSnapshotsUnderLoad() throws Exception {
    Path at = directory.resolve("cluster");
    try (RunningCluster cluster =
            RunningCluster.up(
                at,
                Map.of(
                    "FLOTILLA_RAFT_LOG_RETAIN_BYTES", String.valueOf(RETAINED),
                    "FLOTILLA_STATE_WRITE_BUFFER_BYTES", String.valueOf(GIVEN)),
                "--placement",
                "1");
        FlotillaClient client = cluster.connect();
        Traffic traffic = new Traffic("return", 1)) {
      KvClient kv = client.keyspace("redis").withTimeout(PATIENCE);
      // Terms are counted here: leaders are to change only where somebody campaigns.
      FlotillaClient.await(client.admin().setBalance(false));
      for (int i = 0; i < 4; i++) {
        traffic.through(new StoreDoor.Sdk(kv.sync()));
      }
      cluster.kill(cluster.member("node-3"));
      write(kv);
      traffic.awaitProgress();
      comeBack("away", cluster, client, "node-3", OptionalLong.empty());

      Member wiped = cluster.member("node-2");
      long old = idOf(client, wiped);
      cluster.kill(wiped);
      delete(at.resolve("node-2"));
      traffic.awaitProgress();
      comeBack("wiped", cluster, client, "node-2", OptionalLong.of(old));

      traffic.awaitProgress();
      traffic.close();
      Summary sum = traffic.judge(new StoreDoor.Sdk(kv.sync()));
      assertThat(sum.failed()).as("operations that failed").isZero();
      assertThat(metric(client, cluster.member("node-1"), "raft.logs.cut"))
          .isGreaterThanOrEqualTo(SHARDS);
      long logBytes = bytesIn(at.resolve("node-1"));
      System.out.printf(
          Locale.ROOT, "log of node-1: %,d KiB of %,d%n", logBytes >> 10, LOG_BYTES_MAX >> 10);
      assertThat(logBytes).as("bytes of node-1's logs").isLessThanOrEqualTo(LOG_BYTES_MAX);
      System.out.printf("returns: %s%n", sum);
    }
  }

  /**
   * @param replaces the node that it was, if its disk knows nothing of that any more
   */
  private void comeBack(
      String what,
      RunningCluster cluster,
      FlotillaClient client,
      String name,
      OptionalLong replaces)
      throws Exception {
    await().atMost(PATIENCE).until(() -> shards(client).stream().allMatch(ReturnTest::isLed));
    long terms = terms(client);
    cluster.restart();
    long begun = System.nanoTime();
    Member member = cluster.member(name);
    if (replaces.isPresent()) {
      long old = replaces.getAsLong();
      await().atMost(PATIENCE).until(() -> idOf(client, member) != old);
      for (Shard shard : shards(client)) {
        FlotillaClient.await(
            client
                .admin()
                .moveReplica(shard.id(), old, OptionalLong.of(idOf(client, member)), false));
      }
    }
    await("it comes back through snapshots")
        .atMost(PATIENCE)
        .until(
            () ->
                metric(client, member, "raft.snapshots.restored") >= SHARDS
                    && isWhole(client, idOf(client, member)));
    double seconds = (System.nanoTime() - begun) / 1e9;
    assertThat(terms(client)).as("nobody campaigned because of it").isEqualTo(terms);
    System.out.printf(
        Locale.ROOT,
        "%s: %d MiB in %.1f s, %.0f MB/s%n",
        what,
        MEBIBYTES,
        seconds,
        MEBIBYTES * 1.048576 / seconds);
  }

  private static void write(KvClient kv) {
    byte[] value = new byte[VALUE_BYTES];
    Random random = new Random(1);
    int values = (MEBIBYTES << 20) / VALUE_BYTES;
    for (int first = 0; first < values; first += IN_FLIGHT) {
      CompletableFuture<?>[] puts =
          IntStream.range(first, first + IN_FLIGHT)
              .mapToObj(
                  number -> {
                    random.nextBytes(value);
                    return kv.put(Bytes.utf8("bulk-" + number), Bytes.of(value.clone()));
                  })
              .toArray(CompletableFuture[]::new);
      CompletableFuture.allOf(puts).join();
    }
  }

  /**
   * Whether all shards have a replica there that is as far as the others were, and no job is left.
   */
  private static boolean isWhole(FlotillaClient client, long node) {
    ClusterStatus status = FlotillaClient.await(client.admin().status());
    return status.jobs().isEmpty()
        && status.shards().stream().allMatch(shard -> isWhole(shard, node));
  }

  private static boolean isWhole(Shard shard, long node) {
    long furthest = shard.replicas().stream().mapToLong(Replica::applied).max().orElse(0);
    return shard.replicas().stream()
        .anyMatch(
            replica ->
                replica.node() == node
                    && replica.reported()
                    && isNear(replica.applied(), furthest));
  }

  /** Reports are of different moments, and clients write meanwhile. */
  private static boolean isNear(long applied, long furthest) {
    return applied > 0 && applied >= furthest * 9 / 10;
  }

  private static boolean isLed(Shard shard) {
    return shard.leaderNode().isPresent();
  }

  private static List<Shard> shards(FlotillaClient client) {
    return FlotillaClient.await(client.admin().shards());
  }

  private static long terms(FlotillaClient client) {
    return shards(client).stream().mapToLong(Shard::term).sum();
  }

  /** Of the newest node at that address; 0 if there is none. */
  private static long idOf(FlotillaClient client, Member member) {
    return FlotillaClient.await(client.admin().nodes()).stream()
        .filter(node -> node.address().equals(member.ready()))
        .mapToLong(ClusterStatus.Node::id)
        .max()
        .orElse(0);
  }

  private static double metric(FlotillaClient client, Member member, String name) {
    try {
      return FlotillaClient.await(client.admin().metrics(idOf(client, member))).stream()
          .filter(metric -> metric.name().equals(name))
          .mapToDouble(NodeMetric::value)
          .findFirst()
          .orElseThrow();
    } catch (KvException e) {
      throw new AssertionError(member.name() + " does not tell its metrics", e);
    }
  }

  private static long bytesIn(Path node) throws IOException {
    try (Stream<Path> files = Files.walk(node)) {
      return files
          .filter(file -> file.getParent().endsWith("log") && Files.isRegularFile(file))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  private static void delete(Path node) throws IOException {
    try (Stream<Path> files = Files.walk(node)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }
}
