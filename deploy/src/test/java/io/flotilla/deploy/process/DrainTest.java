package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.Traffic.Summary;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node of a loaded cluster of processes is drained and removed; leaders go where they are sent.
 */
class DrainTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;

  @Test
  void aNodeIsEmptiedByPlacementAndRemovedWhileClientsWrite() throws Exception {
    try (RunningCluster cluster =
            RunningCluster.up(
                directory.resolve("cluster"), "--nodes", "4", "--placement", "1", "--shards", "4");
        FlotillaClient client = cluster.connect();
        Traffic traffic = new Traffic("drain", 1)) {
      for (int i = 0; i < 4; i++) {
        traffic.through(new StoreDoor.Sdk(client.keyspace("redis").withTimeout(PATIENCE).sync()));
      }
      traffic.awaitProgress();
      FlotillaClient.await(client.admin().setBalance(false));
      ClusterStatus.Shard shard = status(client).shards().get(0);
      long other =
          shard.replicas().stream()
              .mapToLong(ClusterStatus.Replica::node)
              .filter(node -> node != shard.leaderNode().orElseThrow())
              .max()
              .orElseThrow();
      FlotillaClient.await(
          client.admin().transferLeader(shard.id(), OptionalLong.of(other), false));
      await()
          .atMost(PATIENCE)
          .until(() -> status(client).shards().get(0).leaderNode().orElse(0) == other);
      traffic.awaitProgress();

      assertThatThrownBy(() -> FlotillaClient.await(client.admin().removeNode(other)))
          .hasMessageContaining("drain it first");
      FlotillaClient.await(client.admin().drainNode(other, false));
      await().atMost(PATIENCE).until(() -> held(client, other) == 0);
      await().atMost(PATIENCE).until(() -> status(client).jobs().isEmpty());
      RunningCluster.removeEmptied(client, other);
      assertThat(status(client).nodes()).noneMatch(node -> node.id() == other);
      traffic.awaitProgress();
      traffic.close();
      Summary sum = traffic.judge(new StoreDoor.Sdk(client.keyspace("redis").sync()));
      assertThat(sum.failed()).as("operations that failed").isZero();
      System.out.printf("a node drained and removed: %s%n", sum);
    }
  }

  private static ClusterStatus status(FlotillaClient client) {
    return FlotillaClient.await(client.admin().status());
  }

  private static long held(FlotillaClient client, long node) {
    return status(client).shards().stream()
        .filter(shard -> shard.replicas().stream().anyMatch(each -> each.node() == node))
        .count();
  }
}
