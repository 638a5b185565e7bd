package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.Traffic.Summary;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.NewKeyspace;
import io.flotilla.router.client.Partitioning;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas of a loaded cluster of processes are lost and replaced; clients only wait a little. */
class MoveTest {
  private static final String KEYSPACE = "five";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;

  @Test
  void fiveReplicasSurviveTheLossOfTwoAndAreReplacedOneByOne() throws Exception {
    try (RunningCluster cluster =
            RunningCluster.up(
                directory.resolve("cluster"), "--nodes", "6", "--placement", "1", "--shards", "1");
        FlotillaClient client = cluster.connect()) {
      create(client);
      FlotillaClient.await(client.admin().setBalance(false)); // all moves here are this test's
      try (Traffic traffic = new Traffic("move", 1)) {
        for (int i = 0; i < 8; i++) {
          traffic.through(
              new StoreDoor.Sdk(client.keyspace(KEYSPACE).withTimeout(PATIENCE).sync()));
        }
        traffic.awaitProgress();
        List<ClusterStatus.Replica> first = replicas(client);
        long lost = first.get(0).node();
        long alsoLost = first.get(1).node();
        cluster.kill(cluster.node(client, lost));
        cluster.kill(cluster.node(client, alsoLost));
        traffic.awaitProgress();

        move(client, traffic, lost, OptionalLong.empty()); // only one node is left for it
        cluster.restart();
        move(client, traffic, alsoLost, OptionalLong.of(lost));
        move(client, traffic, first.get(2).node(), OptionalLong.of(alsoLost));

        List<ClusterStatus.Replica> last = replicas(client);
        assertThat(last).hasSize(5).noneMatch(ClusterStatus.Replica::learner);
        for (ClusterStatus.Replica replaced : first.subList(0, 3)) {
          assertThat(last).noneMatch(replica -> replica.id() == replaced.id());
        }
        traffic.close();
        Summary sum = traffic.judge(new StoreDoor.Sdk(client.keyspace(KEYSPACE).sync()));
        assertThat(sum.failed()).as("operations that failed").isZero();
        System.out.printf("two of five lost, three replaced: %s%n", sum);
      }
    }
  }

  private static void create(FlotillaClient client) {
    NewKeyspace five = new NewKeyspace(KEYSPACE, Partitioning.HASH, 2, List.of(), 5);
    FlotillaClient.await(client.admin().createKeyspace(five));
  }

  /** Those of the first shard; the same nodes hold all of them, or the others do not matter. */
  private static List<ClusterStatus.Replica> replicas(FlotillaClient client) {
    return shards(client).get(0).replicas().stream()
        .sorted(Comparator.comparing(ClusterStatus.Replica::id))
        .toList();
  }

  private static List<ClusterStatus.Shard> shards(FlotillaClient client) {
    return FlotillaClient.await(client.admin().shards()).stream()
        .filter(shard -> shard.keyspace().equals(KEYSPACE))
        .toList();
  }

  /** Replaces what the first shard has on a node, and waits until that is done. */
  private static void move(FlotillaClient client, Traffic traffic, long from, OptionalLong to) {
    long shard = shards(client).get(0).id();
    List<Long> before = new ArrayList<>(nodes(client));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> FlotillaClient.await(client.admin().moveReplica(shard, from, to, false)));
    await().atMost(PATIENCE).until(() -> FlotillaClient.await(client.admin().jobs()).isEmpty());
    assertThat(nodes(client)).doesNotContain(from).hasSameSizeAs(before);
    traffic.awaitProgress();
  }

  private static List<Long> nodes(FlotillaClient client) {
    return replicas(client).stream().map(ClusterStatus.Replica::node).toList();
  }
}
