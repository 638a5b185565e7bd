package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.deploy.process.Traffic.Summary;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.ReadOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL of one process, of each in turn, of all at once: what clients were told stays
 * linearizable, so that nothing acknowledged is lost and nothing done twice.
 */
class KillTest {
  private static final int ROUNDS = Integer.getInteger("flotilla.kill.rounds", 4);
  private static final long SEED = Long.getLong("flotilla.kill.seed", 1);

  /** Shorter than an outage: some clients never learn what became of a write. */
  private static final Duration HASTE = Duration.ofMillis(500);

  /**
   * While one process is lost. A leader is missed after one to two seconds, and one more round of
   * votes may be split; the rest is for a machine that is busy with other things.
   */
  private static final double GAP_SECONDS_MAX = 15;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private RunningCluster cluster;

  @BeforeEach
  void up() throws Exception {
    cluster = RunningCluster.up(directory.resolve("cluster"));
  }

  @AfterEach
  void down() throws Exception {
    if (cluster != null) { // it may not have come up
      cluster.close();
    }
  }

  /** What happens while clients are at work. */
  private interface Fault {
    void happen(Traffic traffic) throws Exception;
  }

  @Test
  void killingAnyOneProcessLeavesHistoriesLinearizable() throws Exception {
    Random random = new Random(SEED);
    Summary sum = Summary.NONE;
    try (FlotillaClient client = cluster.connect()) {
      for (int round = 1; round <= ROUNDS; round++) {
        Member victim = cluster.members().get(random.nextInt(cluster.members().size()));
        sum =
            sum.plus(
                underTraffic(
                    "kill-" + victim.name() + "-" + round,
                    client,
                    traffic -> {
                      cluster.kill(victim);
                      traffic.awaitProgress();
                      cluster.restart();
                    }));
      }
    }
    System.out.printf("kill one: %d rounds, %s%n", ROUNDS, sum);
    assertThat(sum.longestGapSeconds()).as("nobody was answered").isLessThan(GAP_SECONDS_MAX);
  }

  @Test
  void killingAllAtOnceLeavesHistoriesLinearizable() throws Exception {
    try (FlotillaClient client = cluster.connect()) {
      Summary sum =
          underTraffic(
              "kill-all",
              client,
              traffic -> {
                cluster.killAll();
                cluster.restart();
              });
      System.out.printf("kill all: %s%n", sum);
    }
  }

  /** The same with a client each, which has a session of its own. */
  @Test
  void killingEachNodeInTurnUnderManyClientsLeavesHistoriesLinearizable() throws Exception {
    List<FlotillaClient> clients = new ArrayList<>();
    try (Traffic traffic = new Traffic("kill-nodes", SEED)) {
      for (int i = 0; i < 16; i++) {
        clients.add(cluster.connect());
        traffic.through(i % 2 == 0 ? sdk(clients.get(i)) : sdkOfAnyReplica(clients.get(i)));
      }
      for (String victim : List.of("node-1", "node-2", "node-3")) {
        traffic.awaitProgress();
        cluster.kill(cluster.member(victim));
        traffic.awaitProgress();
        cluster.restart();
      }
      traffic.awaitProgress();
      traffic.close();
      Summary sum = traffic.judge(sdk(clients.get(0)));
      assertThat(sum.failed())
          .as("operations whose clients did not wait for an outage to end")
          .isZero();
      assertThat(sum.longestGapSeconds()).as("nobody was answered").isLessThan(GAP_SECONDS_MAX);
      System.out.printf("kill nodes: %d clients, %s%n", clients.size(), sum);
    } finally {
      clients.forEach(FlotillaClient::close);
    }
  }

  private Summary underTraffic(String name, FlotillaClient client, Fault fault) throws Exception {
    try (Traffic traffic = new Traffic(name, SEED)) {
      for (int i = 0; i < 4; i++) {
        traffic.through(sdk(client));
        traffic.through(new StoreDoor.Sdk(client.keyspace("redis").withTimeout(HASTE).sync()));
      }
      traffic.through(sdkOfAnyReplica(client));
      traffic.through(sdkOfAnyReplica(client));
      traffic.through(new StoreDoor.Redis(cluster.gateway()));
      traffic.through(new StoreDoor.Redis(cluster.gateway()));
      traffic.awaitProgress();
      fault.happen(traffic);
      traffic.awaitProgress();
      traffic.close();
      return traffic.judge(sdk(client));
    }
  }

  /** With a deadline longer than any outage here. */
  private static StoreDoor sdk(FlotillaClient client) {
    return new StoreDoor.Sdk(client.keyspace("redis").withTimeout(PATIENCE).sync());
  }

  /** Reads wherever it is sent, and is to see what all others see. */
  private static StoreDoor sdkOfAnyReplica(FlotillaClient client) {
    KvClient kv = client.keyspace("redis").withTimeout(PATIENCE).withReads(ReadOptions.FOLLOWER);
    return new StoreDoor.Sdk(kv.sync());
  }
}
