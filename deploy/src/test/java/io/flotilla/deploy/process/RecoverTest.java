package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Health;
import io.flotilla.router.client.SyncKvClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two of three nodes are lost for good, and with them the majority of every shard. */
class RecoverTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int KEYS = 200;
  private static final int CLIENTS = 4;
  private static final int REMOVED = 78;

  @TempDir private Path directory;

  @Test
  void whatWasAcknowledgedIsThereAndTheLostNodesStayAway() throws Exception {
    try (RunningCluster cluster =
            RunningCluster.up(
                directory.resolve("cluster"),
                Map.of("FLOTILLA_PLACEMENT_NODE_DEAD_SECONDS", "8"),
                "--nodes",
                "3",
                "--placement",
                "1",
                "--shards",
                "4");
        FlotillaClient client = cluster.connect()) {
      SyncKvClient ranged = client.keyspace("default").withTimeout(PATIENCE).sync();
      SyncKvClient hashed = client.keyspace("redis").withTimeout(PATIENCE).sync();
      for (int i = 0; i < KEYS; i++) {
        ranged.put(Bytes.utf8(i % 26 + "/" + i), Bytes.utf8("v" + i));
        hashed.increment(Bytes.utf8("n" + i % 20), 1);
      }
      await().atMost(PATIENCE).until(() -> shards(client).stream().allMatch(RecoverTest::isEven));
      assertThat(recover(cluster)).contains("no shard has lost its majority");

      List<ClusterStatus.Node> nodes = FlotillaClient.await(client.admin().nodes());
      List<Long> lost = List.of(nodes.get(1).id(), nodes.get(2).id());
      List<Member> members = new ArrayList<>();
      lost.forEach(node -> members.add(cluster.node(client, node)));
      for (Member member : members) {
        cluster.kill(member);
      }
      int shards = shards(client).size();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  FlotillaClient.await(client.admin().losses(List.of())).shards().size() == shards);
      assertThat(recover(cluster, "--unsafe", "--dry-run")).contains("goes on").contains("dead");
      assertThat(recoverUnderLoad(cluster, client))
          .contains(shards + " of " + shards + " shards serve again")
          .contains("flotilla node remove " + lost.get(0));
      Health health = FlotillaClient.await(client.admin().status()).health();
      assertThat(health.level()).isEqualTo(Health.Level.DEGRADED);
      assertThat(health.problems())
          .contains(
              "%1$d of %1$d shards with fewer replicas than asked for, %2$d lacking"
                  .formatted(shards, 2 * shards));

      for (int i = 0; i < KEYS; i++) {
        assertThat(ranged.get(Bytes.utf8(i % 26 + "/" + i))).contains(Bytes.utf8("v" + i));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(hashed.increment(Bytes.utf8("n" + i), 1)).isEqualTo(KEYS / 20 + 1);
      }
      for (long node : lost) {
        FlotillaClient.await(client.admin().removeNode(node));
      }
      for (Member member : members) {
        assertItEnds(member);
      }
      ranged.put(Bytes.utf8("after"), Bytes.utf8("all"));
      assertThat(ranged.get(Bytes.utf8("after"))).contains(Bytes.utf8("all"));
    }
  }

  /** While clients ask for all shards, and are answered as soon as they serve. */
  private static String recoverUnderLoad(RunningCluster cluster, FlotillaClient client)
      throws Exception {
    Traffic traffic = new Traffic("meanwhile", 1);
    StoreDoor door = new StoreDoor.Sdk(client.keyspace("redis").withTimeout(PATIENCE).sync());
    String said;
    try (traffic) {
      for (int i = 0; i < CLIENTS; i++) {
        traffic.through(door);
      }
      said = recover(cluster, "--unsafe", "--yes");
    }
    assertThat(traffic.judge(door).answered()).isPositive();
    return said;
  }

  private static String recover(RunningCluster cluster, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of("shard", "recover"));
    command.addAll(List.of(options));
    command.addAll(List.of("--endpoints", String.join(",", cluster.endpoints())));
    return cluster.launch(120, command);
  }

  private static List<ClusterStatus.Shard> shards(FlotillaClient client) {
    return FlotillaClient.await(client.admin().shards());
  }

  /** Whatever a leader has, all have. */
  private static boolean isEven(ClusterStatus.Shard shard) {
    return shard.replicas().size() == 3
        && shard.replicas().stream().allMatch(ClusterStatus.Replica::reported)
        && shard.replicas().stream()
                .flatMap(each -> List.of(each.applied(), each.lastIndex()).stream())
                .distinct()
                .count()
            == 1;
  }

  /** One whose disk has all that it had, and which is started again. */
  private void assertItEnds(Member member) throws Exception {
    Path output = directory.resolve(member.name());
    ProcessBuilder builder =
        new ProcessBuilder(member.restart())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().put("FLOTILLA_NO_BUILD", "1");
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(member.name()).isTrue();
      assertThat(process.exitValue()).as(Files.readString(output)).isEqualTo(REMOVED);
      assertThat(Files.readString(output)).contains("was removed from the cluster");
    } finally {
      process.destroyForcibly();
    }
  }
}
