package io.flotilla.deploy.process;

import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.Operator.Victim;
import io.flotilla.deploy.process.Operator.Work;
import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.deploy.process.Traffic.Summary;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Job;
import io.flotilla.router.client.KvClient;
import io.flotilla.router.client.ReadOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Round after round something is done with a shard, mostly while somebody is killed: whatever comes
 * of it, clients' histories are linearizable, jobs end, and the cluster is well again by itself.
 * How many rounds, and which, is set by {@code -Dflotilla.rounds} and {@code
 * -Dflotilla.rounds.seed}; histories are judged, and forgotten, every so many.
 */
class RoundsTest {
  private static final int ROUNDS = Integer.getInteger("flotilla.rounds", 6);
  private static final long SEED = Long.getLong("flotilla.rounds.seed", 1);
  private static final int ROUNDS_TOGETHER = 10;
  private static final String KEYSPACE = "redis";
  private static final int SHARDS_MIN = 4;
  private static final int SHARDS_MAX = 16;

  /** A node is seldom emptied: that moves a good part of all there is. */
  private static final List<Work> WORKS = List.of(Work.SPLIT, Work.MERGE, Work.MOVE, Work.TRANSFER);

  /** Shorter than an outage: some clients never learn what became of a write. */
  private static final Duration HASTE = Duration.ofMillis(500);

  /** Or those who are started again get no processor. */
  private static final Duration PAUSE = Duration.ofMillis(10);

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final Map<String, String> HASTY =
      Map.of(
          "FLOTILLA_PLACEMENT_NODE_DEAD_SECONDS", "20",
          "FLOTILLA_PLACEMENT_NODE_STEADY_SECONDS", "2");

  /** What is done in a round, and who is killed meanwhile, if somebody is. */
  private record Draw(Work work, Optional<Victim> victim) {}

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  private final Random random = new Random(SEED);
  private final Deque<Draw> deck = new ArrayDeque<>();
  private final Tally tally = new Tally();
  private RunningCluster cluster;
  private Operator operator;

  @Test
  @Timeout(value = 2, unit = TimeUnit.HOURS)
  void whateverIsDoneAndWhoeverDiesHistoriesAreLinearizable() throws Exception {
    long beganNanos = System.nanoTime();
    try (RunningCluster up =
            RunningCluster.up(
                directory.resolve("cluster"), HASTY, "--nodes", "4", "--shards", "4");
        FlotillaClient client = up.connect()) {
      cluster = up;
      operator = new Operator(up, client, KEYSPACE, random);
      operator.awaitRest();
      tally.beginAt(operator.status());
      Summary sum = Summary.NONE;
      for (int round = 0; round < ROUNDS; round += ROUNDS_TOGETHER) {
        int count = Math.min(ROUNDS_TOGETHER, ROUNDS - round);
        sum = sum.plus(rounds(client, round, count));
        System.out.printf(
            Locale.ROOT,
            "seed %d: %d of %d rounds, %.0f s, %s, %d shards; %s%n",
            SEED,
            round + count,
            ROUNDS,
            (System.nanoTime() - beganNanos) / 1e9,
            tally,
            operator.shards().size(),
            sum);
      }
    }
  }

  /** Under a traffic of their own, which is judged when they are over. */
  private Summary rounds(FlotillaClient client, int from, int count) throws Exception {
    try (Traffic traffic = new Traffic("rounds-" + from, SEED + from, PAUSE)) {
      for (int i = 0; i < 3; i++) {
        traffic.through(sdk(client.keyspace(KEYSPACE).withTimeout(PATIENCE)));
        traffic.through(sdk(client.keyspace(KEYSPACE).withTimeout(HASTE)));
      }
      traffic.through(
          sdk(client.keyspace(KEYSPACE).withTimeout(PATIENCE).withReads(ReadOptions.FOLLOWER)));
      traffic.through(new StoreDoor.Redis(cluster.gateway()));
      for (int i = 0; i < count; i++) {
        Draw draw = draw();
        try {
          round(draw, traffic);
        } catch (ConditionTimeoutException | AssertionError e) {
          throw new AssertionError("round %d of seed %d, %s".formatted(from + i, SEED, draw), e);
        }
      }
      traffic.close();
      operator.checkMap();
      return traffic.judge(sdk(client.keyspace(KEYSPACE).withTimeout(PATIENCE)));
    }
  }

  private static StoreDoor sdk(KvClient kv) {
    return new StoreDoor.Sdk(kv.sync());
  }

  /** All there is to draw comes before anything comes again. */
  private Draw draw() {
    if (deck.isEmpty()) {
      List<Draw> all = new ArrayList<>();
      for (Work work : WORKS) {
        all.add(new Draw(work, Optional.empty()));
        for (Victim victim : Victim.values()) {
          all.add(new Draw(work, Optional.of(victim)));
        }
      }
      Collections.shuffle(all, random);
      deck.addAll(all);
    }
    Draw draw = deck.pop();
    int shards = operator.shards().size();
    if (draw.work() == Work.SPLIT && shards >= SHARDS_MAX) {
      return new Draw(Work.MERGE, draw.victim());
    }
    return draw.work() == Work.MERGE && shards <= SHARDS_MIN
        ? new Draw(Work.SPLIT, draw.victim())
        : draw;
  }

  /** Not every shard fits next to its neighbour. */
  private ClusterStatus.Shard begin(Work work) {
    List<ClusterStatus.Shard> shards = new ArrayList<>(operator.shards());
    Collections.shuffle(shards, random);
    for (ClusterStatus.Shard shard : shards) {
      boolean taken = operator.begin(work, shard);
      if (taken || work != Work.MERGE) {
        tally.count(work, taken);
        return shard;
      }
    }
    tally.count(work, false);
    return shards.get(0);
  }

  private void round(Draw draw, Traffic traffic) throws Exception {
    long beganNanos = System.nanoTime();
    ClusterStatus.Shard shard = begin(draw.work());
    if (draw.victim().isPresent()) {
      Victim victim = draw.victim().get();
      Member member = operator.find(victim, shard);
      awaitAnswers(traffic, random.nextInt(400));
      cluster.kill(member);
      tally.count(victim);
      awaitAnswers(traffic, 200);
      cluster.restart();
    }
    operator.awaitRest();
    tally.count(operator.status());
    awaitAnswers(traffic, 200);
    tally.countRound(System.nanoTime() - beganNanos);
  }

  private static void awaitAnswers(Traffic traffic, int count) {
    long before = traffic.answered();
    await().atMost(PATIENCE).until(() -> traffic.answered() >= before + count);
  }

  /** What was done so far, and what came of it. */
  private static final class Tally {
    private final Map<Work, Integer> begun = new EnumMap<>(Work.class);
    private final Map<Work, Integer> refused = new EnumMap<>(Work.class);
    private final Map<Victim, Integer> killed = new EnumMap<>(Victim.class);
    private final Map<Job.End, Integer> ended = new EnumMap<>(Job.End.class);
    private long newestJob;
    private long longestRoundNanos;

    void beginAt(ClusterStatus rest) {
      newestJob = rest.ended().stream().mapToLong(over -> over.job().id()).max().orElse(0);
    }

    void count(Work work, boolean taken) {
      (taken ? begun : refused).merge(work, 1, Integer::sum);
    }

    void count(Victim victim) {
      killed.merge(victim, 1, Integer::sum);
    }

    /** Placement's own jobs, too: it evens out again what was moved. None is under way. */
    void count(ClusterStatus rest) {
      for (Job.Ended over : rest.ended()) {
        if (over.job().id() > newestJob) {
          ended.merge(over.end(), 1, Integer::sum);
        }
      }
      beginAt(rest);
    }

    void countRound(long nanos) {
      longestRoundNanos = Math.max(longestRoundNanos, nanos);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "longest %.0f s, begun %s, refused %s, killed %s, jobs %s",
          longestRoundNanos / 1e9,
          begun,
          refused,
          killed,
          ended);
    }
  }
}
