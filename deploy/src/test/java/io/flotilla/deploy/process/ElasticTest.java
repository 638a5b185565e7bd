package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.Traffic.Summary;
import io.flotilla.raft.rocksdb.RocksLogConfig;
import io.flotilla.raft.rocksdb.RocksLogStore;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A loaded cluster of processes gets four times the shards and two nodes, loses one node by intent
 * and one by force, and placement sees to the rest. How many shards there are, and how long nobody
 * may be answered, are set by {@code -Dflotilla.elastic.shards} and {@code -Dflotilla.elastic.gap}.
 */
class ElasticTest {
  private static final String KEYSPACE = "redis";
  private static final int SHARDS = Integer.getInteger("flotilla.elastic.shards", 4);
  private static final int CLIENTS = 64;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /**
   * In which nobody is answered, but when a node is killed. What is promised is less than one, and
   * {@code -Dflotilla.elastic.gap=1} looks at that. A machine that does other work as well stops
   * all of these processes for longer, and with so few shards one election stops most clients; so
   * what is asked of every build is less.
   */
  private static final double GAP_SECONDS_MAX =
      Double.parseDouble(System.getProperty("flotilla.elastic.gap", "3"));

  /** More, when a node is killed: until those who followed its replicas have elected others. */
  private static final double ELECTION_SECONDS_MAX = 2;

  @TempDir private Path directory;
  private final List<String> phases = new ArrayList<>();

  @Test
  void theClusterGrowsAndShrinksUnderLoad() throws Exception {
    Path home = directory.resolve("cluster");
    Map<String, String> hasty =
        Map.of(
            "FLOTILLA_PLACEMENT_NODE_DEAD_SECONDS", "10",
            "FLOTILLA_PLACEMENT_NODE_STEADY_SECONDS", "3");
    try (RunningCluster cluster =
            RunningCluster.up(home, hasty, "--shards", Integer.toString(SHARDS));
        FlotillaClient client = cluster.connect();
        Traffic traffic = new Traffic("elastic", 1, Traffic.Mix.YCSB_A)) {
      for (int i = 0; i < CLIENTS; i++) {
        traffic.through(new StoreDoor.Sdk(client.keyspace(KEYSPACE).withTimeout(PATIENCE).sync()));
      }
      phase("before", GAP_SECONDS_MAX, traffic, () -> {});
      phase("shards added", GAP_SECONDS_MAX, traffic, () -> addShards(client));
      phase("nodes added", GAP_SECONDS_MAX, traffic, () -> addNodes(cluster, client));
      long drained = status(client).nodes().get(0).id();
      String drainedName = cluster.node(client, drained).name();
      phase("node drained", GAP_SECONDS_MAX, traffic, () -> drain(cluster, client, drained));
      long killed = status(client).nodes().get(0).id();
      phase(
          "node killed",
          GAP_SECONDS_MAX + ELECTION_SECONDS_MAX,
          traffic,
          () -> killForGood(cluster, client, killed));

      traffic.close();
      Summary sum = traffic.judge(new StoreDoor.Sdk(client.keyspace(KEYSPACE).sync()));
      assertThat(sum.failed()).as("operations that failed").isZero();
      assertTiled(client);
      assertNothingIsLeftIn(home.resolve(drainedName));
      System.out.printf("grown and shrunk: %s; %s%n", sum, String.join("; ", phases));
    }
  }

  private interface Change {
    void make() throws Exception;
  }

  private void phase(String name, double gapMax, Traffic traffic, Change change) throws Exception {
    traffic.awaitProgress();
    long beganNanos = System.nanoTime();
    change.make();
    traffic.awaitProgress();
    long endedNanos = System.nanoTime();
    double gap = traffic.longestGapSeconds(beganNanos, endedNanos);
    phases.add(
        String.format(
            Locale.ROOT,
            "%s: %.1f s, p99 %.0f ms, longest gap %.2f s",
            name,
            (endedNanos - beganNanos) / 1e9,
            traffic.p99Seconds(beganNanos, endedNanos) * 1e3,
            gap));
    assertThat(gap).as("seconds in which nobody was answered: " + phases).isLessThan(gapMax);
  }

  private static void addShards(FlotillaClient client) {
    FlotillaClient.await(client.admin().addShards(KEYSPACE, 3 * SHARDS, false));
    awaitStatus(client, status -> shards(status).size() == 4 * SHARDS && status.jobs().isEmpty());
  }

  private static void addNodes(RunningCluster cluster, FlotillaClient client) throws Exception {
    cluster.addNodes(2);
    awaitStatus(client, status -> status.nodes().size() == 5 && isEven(status.nodes()));
    awaitStatus(client, status -> status.jobs().isEmpty());
  }

  private static void drain(RunningCluster cluster, FlotillaClient client, long node)
      throws Exception {
    FlotillaClient.await(client.admin().drainNode(node, false));
    awaitStatus(client, status -> replicasOn(status, node) == 0 && status.jobs().isEmpty());
    RunningCluster.Member member = cluster.node(client, node);
    RunningCluster.removeEmptied(client, node);
    cluster.awaitEnd(member);
  }

  private static void killForGood(RunningCluster cluster, FlotillaClient client, long node)
      throws Exception {
    cluster.kill(cluster.node(client, node));
    awaitStatus(client, status -> replicasOn(status, node) == 0 && status.jobs().isEmpty());
    FlotillaClient.await(client.admin().removeNode(node));
    awaitStatus(client, status -> isEven(status.nodes()) && status.jobs().isEmpty());
  }

  private static void awaitStatus(FlotillaClient client, Predicate<ClusterStatus> holds) {
    await().atMost(PATIENCE).until(() -> holds.test(status(client)));
  }

  private static ClusterStatus status(FlotillaClient client) {
    return FlotillaClient.await(client.admin().status());
  }

  private static long replicasOn(ClusterStatus status, long node) {
    return status.shards().stream()
        .flatMap(shard -> shard.replicas().stream())
        .filter(replica -> replica.node() == node)
        .count();
  }

  private static boolean isEven(Collection<ClusterStatus.Node> nodes) {
    return isEven(nodes, ClusterStatus.Node::replicas)
        && isEven(nodes, ClusterStatus.Node::leaders);
  }

  private static boolean isEven(
      Collection<ClusterStatus.Node> nodes, ToIntFunction<ClusterStatus.Node> count) {
    int most = nodes.stream().mapToInt(count).max().orElse(0);
    int least = nodes.stream().mapToInt(count).min().orElse(0);
    return most - least <= 1;
  }

  private static List<ClusterStatus.Shard> shards(ClusterStatus status) {
    return status.shards().stream().filter(shard -> shard.keyspace().equals(KEYSPACE)).toList();
  }

  /** Every slot is in one shard, and every shard on three nodes. */
  private static void assertTiled(FlotillaClient client) {
    Map<String, String> ranges = new TreeMap<>();
    for (ClusterStatus.Shard shard : shards(status(client))) {
      ranges.put(shard.start().toString(), shard.end().toString());
      assertThat(shard.replicas()).extracting(ClusterStatus.Replica::node).hasSize(3);
      assertThat(shard.replicas()).extracting(ClusterStatus.Replica::node).doesNotHaveDuplicates();
    }
    assertThat(ranges).hasSize(4 * SHARDS);
    assertThat(ranges.values()).as("each end is a start, or the end").doesNotHaveDuplicates();
    long inner = ranges.values().stream().filter(ranges::containsKey).count();
    assertThat(inner).isGreaterThanOrEqualTo(4 * SHARDS - 1);
  }

  /** Neither states, nor logs, nor images that were sent or fetched. */
  private static void assertNothingIsLeftIn(Path node) throws Exception {
    try (KvStore store = KvStore.open(node.resolve("state"), KvStoreConfig.DEFAULT)) {
      assertThat(store.found()).as("states on a drained node").isEmpty();
    }
    List<Throwable> broken = new CopyOnWriteArrayList<>();
    try (RocksLogStore log =
        RocksLogStore.open(node.resolve("log"), RocksLogConfig.DEFAULT, broken::add)) {
      assertThat(log.recovered()).as("logs on a drained node").isEmpty();
      assertThat(log.damaged()).as("damaged logs").isEmpty();
    }
    assertThat(broken).isEmpty();
    try (Stream<Path> files = Files.walk(node.resolve("snapshots"))) {
      assertThat(files.filter(Files::isRegularFile)).as("images on a drained node").isEmpty();
    }
  }
}
