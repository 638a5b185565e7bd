package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.deploy.process.Traffic.Summary;
import io.flotilla.router.client.ClientConfig;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Health;
import io.flotilla.router.client.KvException;
import io.flotilla.router.client.NewKeyspace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * All members of placement that a loaded cluster was configured with are replaced, one after the
 * other, its leaders too, and their processes are gone. Nodes and clients follow.
 */
class PlacementMembersTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;

  @Test
  void everyMemberIsReplacedWhileClientsWrite() throws Exception {
    try (RunningCluster cluster = RunningCluster.up(directory.resolve("cluster"), "--shards", "4");
        FlotillaClient client = cluster.connect();
        Traffic traffic = new Traffic("members", 1)) {
      for (int i = 0; i < 4; i++) {
        traffic.through(new StoreDoor.Sdk(client.keyspace("redis").withTimeout(PATIENCE).sync()));
      }
      List<Member> configured =
          cluster.members().stream().filter(each -> each.role().equals("placement")).toList();
      traffic.awaitProgress();
      for (int round = 0; round < 3; round++) {
        cluster.addPlacement();
        awaitMembers(client, 4);
        long leaver = round == 0 ? follower(client) : leaderOr(client, configured);
        FlotillaClient.await(client.admin().removeMember(leaver, false));
        awaitMembers(client, 3);
        cluster.forget("placement-" + leaver);
        traffic.awaitProgress();
      }
      assertThat(members(client)).extracting(ClusterStatus.Member::id).containsExactly(4L, 5L, 6L);
      assertThatThrownBy(() -> FlotillaClient.connect(configOf(configured.get(0))))
          .as("nobody is left where placement was")
          .isInstanceOf(KvException.class);

      // Client and nodes were configured with those that are gone, and need what is new.
      FlotillaClient.await(client.admin().createKeyspace(NewKeyspace.range("late", 2)));
      client.keyspace("late").sync().put(bytes("k"), bytes("v"));
      traffic.close();
      Summary sum = traffic.judge(new StoreDoor.Sdk(client.keyspace("redis").sync()));
      assertThat(sum.failed()).as("operations that failed").isZero();
      System.out.printf("three members of placement replaced: %s%n", sum);
    }
  }

  private static ClientConfig configOf(Member member) {
    return ClientConfig.of(List.of(member.ready())).withCallTimeout(Duration.ofSeconds(1));
  }

  private static io.flotilla.router.client.Bytes bytes(String text) {
    return io.flotilla.router.client.Bytes.utf8(text);
  }

  private static Health health(FlotillaClient client) {
    return FlotillaClient.await(client.admin().status()).health();
  }

  private static List<ClusterStatus.Member> members(FlotillaClient client) {
    return FlotillaClient.await(client.admin().status()).members();
  }

  private static long follower(FlotillaClient client) {
    return members(client).stream()
        .filter(member -> !member.leader() && member.id() <= 3)
        .mapToLong(ClusterStatus.Member::id)
        .findFirst()
        .orElseThrow();
  }

  /** Who leads, if it is of those that the cluster began with; else one of those. */
  private static long leaderOr(FlotillaClient client, List<Member> configured) {
    return members(client).stream()
        .filter(member -> member.id() <= configured.size())
        .sorted((a, b) -> Boolean.compare(b.leader(), a.leader()))
        .mapToLong(ClusterStatus.Member::id)
        .findFirst()
        .orElseThrow();
  }

  /** So many, all with a vote and heard; and all is well with the cluster. */
  private static void awaitMembers(FlotillaClient client, int count) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(members(client))
                  .hasSize(count)
                  .allMatch(each -> each.heard() && !each.learner() && !each.leaving());
              assertThat(health(client).level()).isEqualTo(Health.Level.HEALTHY);
            });
  }
}
