package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.router.client.ClusterStatus.Replica;
import io.flotilla.router.client.ClusterStatus.Shard;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvClient;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node whose log has lost its end takes no part in any shard with what is left, and gets new
 * replicas from its peers, with nobody asked and no other node to go to, while clients write on.
 */
class LostTailTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir private Path directory;

  @Test
  void oneOfThreeNodesIsRebuiltFromItsPeers() throws Exception {
    Path at = directory.resolve("cluster");
    try (RunningCluster cluster = RunningCluster.up(at, "--placement", "1");
        FlotillaClient client = cluster.connect();
        Traffic traffic = new Traffic("lost-tail", 1)) {
      KvClient kv = client.keyspace("redis").withTimeout(PATIENCE);
      for (int i = 0; i < 4; i++) {
        traffic.through(new StoreDoor.Sdk(kv.sync()));
      }
      traffic.awaitProgress();
      Member member = cluster.member("node-3");
      long node =
          FlotillaClient.await(client.admin().nodes()).stream()
              .filter(each -> each.address().equals(member.ready()))
              .findFirst()
              .orElseThrow()
              .id();
      Map<Long, Long> before = replicasOn(client, node);
      assertThat(before).isNotEmpty();
      cluster.kill(member);
      loseEnds(at.resolve("node-3"));
      traffic.awaitProgress();
      cluster.restart();
      await("all of its replicas are new ones, and as far as the others")
          .atMost(PATIENCE)
          .until(
              () ->
                  shards(client).stream().allMatch(isWhole(node, before))
                      && FlotillaClient.await(client.admin().status()).jobs().isEmpty());
      traffic.awaitProgress();
      traffic.close();
      assertThat(traffic.judge(new StoreDoor.Sdk(kv.sync())).failed())
          .as("operations that failed")
          .isZero();
    }
  }

  private static Predicate<Shard> isWhole(long node, Map<Long, Long> before) {
    return shard -> {
      long furthest = shard.replicas().stream().mapToLong(Replica::applied).max().orElse(0);
      return shard.replicas().size() == 3
          && shard.replicas().stream()
              .filter(replica -> replica.node() == node)
              .filter(replica -> replica.id() > before.getOrDefault(shard.id(), 0L))
              .filter(replica -> replica.reported() && !replica.learner())
              .anyMatch(replica -> replica.applied() > 0 && replica.applied() >= furthest * 9 / 10);
    };
  }

  private static List<Shard> shards(FlotillaClient client) {
    return FlotillaClient.await(client.admin().shards());
  }

  /** By shard. */
  private static Map<Long, Long> replicasOn(FlotillaClient client, long node) {
    return shards(client).stream()
        .collect(
            Collectors.toMap(
                Shard::id,
                shard ->
                    shard.replicas().stream()
                        .filter(replica -> replica.node() == node)
                        .mapToLong(Replica::id)
                        .max()
                        .orElse(0)));
  }

  /** The write-ahead logs of its log are cut to their first half. */
  private static void loseEnds(Path node) throws IOException {
    int cut = 0;
    try (Stream<Path> files = Files.walk(node)) {
      for (Path file : files.filter(LostTailTest::isWriteAheadLog).toList()) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.truncate(channel.size() / 2);
          cut++;
        }
      }
    }
    assertThat(cut).isPositive();
  }

  private static boolean isWriteAheadLog(Path file) {
    return file.getParent().endsWith("log") && file.toString().endsWith(".log");
  }
}
