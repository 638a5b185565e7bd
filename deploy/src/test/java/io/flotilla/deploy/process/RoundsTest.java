package io.flotilla.deploy.process;

import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.Operator.Victim;
import io.flotilla.deploy.process.Operator.Work;
import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.deploy.process.Traffic.Summary;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.ReadOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Round after round something is done with a shard, mostly while somebody is killed: whatever comes
 * of it, clients' histories are linearizable, jobs end, and the cluster is well again by itself.
 * How many rounds, and which, is set by {@code -Dflotilla.rounds} and {@code
 * -Dflotilla.rounds.seed}; histories are judged every so many.
 */
class RoundsTest {
  private static final int ROUNDS = Integer.getInteger("flotilla.rounds", 4);
  private static final long SEED = Long.getLong("flotilla.rounds.seed", 1);
  private static final int ROUNDS_TOGETHER = 8;
  private static final String KEYSPACE = "redis";
  private static final int SHARDS_MIN = 2;
  private static final int SHARDS_MAX = 16;

  /** Shorter than an outage: some clients never learn what became of a write. */
  private static final Duration HASTE = Duration.ofMillis(500);

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final Map<String, String> HASTY =
      Map.of(
          "FLOTILLA_PLACEMENT_NODE_DEAD_SECONDS", "20",
          "FLOTILLA_PLACEMENT_NODE_STEADY_SECONDS", "2");

  @TempDir private Path directory;
  private final Random random = new Random(SEED);
  private final Map<Work, Integer> begun = new EnumMap<>(Work.class);
  private final Map<Work, Integer> refused = new EnumMap<>(Work.class);
  private final Map<Victim, Integer> killed = new EnumMap<>(Victim.class);
  private RunningCluster cluster;
  private Operator operator;

  @Test
  void whateverIsDoneAndWhoeverDiesHistoriesAreLinearizable() throws Exception {
    long beganNanos = System.nanoTime();
    try (RunningCluster up =
            RunningCluster.up(
                directory.resolve("cluster"), HASTY, "--nodes", "4", "--shards", "4");
        FlotillaClient client = up.connect()) {
      cluster = up;
      operator = new Operator(up, client, KEYSPACE, random);
      Summary sum = Summary.NONE;
      for (int round = 0; round < ROUNDS; round += ROUNDS_TOGETHER) {
        int count = Math.min(ROUNDS_TOGETHER, ROUNDS - round);
        sum = sum.plus(rounds(client, round, count));
        System.out.printf(
            Locale.ROOT,
            "seed %d: %d of %d rounds, %.0f s, begun %s, refused %s, killed %s, %d shards; %s%n",
            SEED,
            round + count,
            ROUNDS,
            (System.nanoTime() - beganNanos) / 1e9,
            begun,
            refused,
            killed,
            operator.shards().size(),
            sum);
      }
    }
  }

  private Summary rounds(FlotillaClient client, int from, int count) throws Exception {
    try (Traffic traffic = new Traffic("rounds-" + from, SEED + from)) {
      for (int i = 0; i < 3; i++) {
        traffic.through(new StoreDoor.Sdk(client.keyspace(KEYSPACE).withTimeout(PATIENCE).sync()));
        traffic.through(new StoreDoor.Sdk(client.keyspace(KEYSPACE).withTimeout(HASTE).sync()));
      }
      traffic.through(
          new StoreDoor.Sdk(
              client
                  .keyspace(KEYSPACE)
                  .withTimeout(PATIENCE)
                  .withReads(ReadOptions.FOLLOWER)
                  .sync()));
      traffic.through(new StoreDoor.Redis(cluster.gateway()));
      for (int i = 0; i < count; i++) {
        round(traffic);
      }
      traffic.close();
      operator.checkMap();
      return traffic.judge(
          new StoreDoor.Sdk(client.keyspace(KEYSPACE).withTimeout(PATIENCE).sync()));
    }
  }

  private void round(Traffic traffic) throws Exception {
    List<Work> works = new ArrayList<>(List.of(Work.values()));
    int shards = operator.shards().size();
    if (shards >= SHARDS_MAX) {
      works.remove(Work.SPLIT);
    } else if (shards <= SHARDS_MIN) {
      works.remove(Work.MERGE);
    }
    Work work = any(works);
    ClusterStatus.Shard shard = operator.anyShard();
    (operator.begin(work, shard) ? begun : refused).merge(work, 1, Integer::sum);
    if (random.nextInt(4) > 0) {
      Victim victim = any(List.of(Victim.values()));
      Member member = operator.find(victim, shard);
      awaitAnswers(traffic, random.nextInt(1_000));
      cluster.kill(member);
      killed.merge(victim, 1, Integer::sum);
      awaitAnswers(traffic, 500);
      cluster.restart();
    }
    operator.undrainAll();
    operator.awaitRest();
    awaitAnswers(traffic, 500);
  }

  private <T> T any(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static void awaitAnswers(Traffic traffic, int count) {
    long before = traffic.answered();
    await().atMost(PATIENCE).until(() -> traffic.answered() >= before + count);
  }
}
