package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.NewKeyspace;
import io.flotilla.router.client.Partitioning;
import io.flotilla.session.Session;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One shard is away for a while; a client that waits for it goes on with another shard. */
class FullSessionProcessTest {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int AT_ONCE = 1_000;

  /** More than the other shard keeps the results of. */
  private static final int WRITES = 3 * Session.WINDOW_PER_SHARD;

  private static final Bytes KEY = Bytes.utf8("k");

  @TempDir private Path directory;

  @Test
  void oneShardThatIsAwayDoesNotHarmAnother() throws Exception {
    try (RunningCluster cluster =
            RunningCluster.up(
                directory.resolve("cluster"), "--nodes", "3", "--placement", "1", "--shards", "1");
        FlotillaClient client = cluster.connect()) {
      FlotillaClient.await(client.admin().setBalance(false));
      for (String name : List.of("one", "two")) {
        FlotillaClient.await(
            client
                .admin()
                .createKeyspace(new NewKeyspace(name, Partitioning.RANGE, 1, List.of(), 1)));
      }
      KvClient one = client.keyspace("one").withTimeout(PATIENCE);
      KvClient two = client.keyspace("two").withTimeout(PATIENCE);
      FlotillaClient.await(one.put(KEY, KEY));
      FlotillaClient.await(two.put(KEY, KEY));
      assertThat(nodeOf(client, "one")).isNotEqualTo(nodeOf(client, "two"));
      Member away = cluster.node(client, nodeOf(client, "one"));
      cluster.kill(away);
      CompletableFuture<Void> stuck = one.put(KEY, KEY);
      long before = client.stats().operations();
      CompletableFuture<Void> others = CompletableFuture.runAsync(() -> write(two));
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  others.isDone()
                      || client.stats().operations() - before >= Session.WINDOW_PER_SHARD);
      cluster.restart();
      stuck.get(2, TimeUnit.MINUTES);
      others.get(3, TimeUnit.MINUTES); // none of them has failed
    }
  }

  private static long nodeOf(FlotillaClient client, String keyspace) {
    return FlotillaClient.await(client.admin().shards()).stream()
        .filter(shard -> shard.keyspace().equals(keyspace))
        .findFirst()
        .map(ClusterStatus.Shard::replicas)
        .orElseThrow()
        .get(0)
        .node();
  }

  private static void write(KvClient kv) {
    for (int done = 0; done < WRITES; done += AT_ONCE) {
      List<CompletableFuture<Void>> some = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        some.add(kv.put(KEY, KEY));
      }
      some.forEach(FlotillaClient::await);
    }
  }
}
