package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
  private static final int SHARDS_MIN = 3;
  private static final int SHARDS_MAX = 16;

  /** A node is seldom emptied: that moves a good part of all there is. */
  private static final List<Work> WORKS = List.of(Work.SPLIT, Work.MERGE, Work.MOVE, Work.TRANSFER);

  /** Nobody, or one of them. */
  private static final List<Optional<Victim>> VICTIMS =
      Stream.concat(
              Stream.of(Optional.<Victim>empty()), Stream.of(Victim.values()).map(Optional::of))
          .toList();

  /** In every round, after all else: who was interrupted goes on. */
  private static final int ANSWERS_AFTERWARDS = 200;

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
  private final List<Work> works = new ArrayList<>(WORKS);
  private final List<Optional<Victim>> victims = new ArrayList<>(VICTIMS);
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
      tally.beginAt(Operator.newestJob(operator.status()));
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
      tally.check(ROUNDS);
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
        Draw draw = draw(from + i);
        try {
          round(draw, traffic);
        } catch (ConditionTimeoutException | AssertionError e) {
          throw new AssertionError("round %d of seed %d, %s".formatted(from + i, SEED, draw), e);
        }
      }
      traffic.close();
      operator.checkMap();
      Summary sum = traffic.judge(sdk(client.keyspace(KEYSPACE).withTimeout(PATIENCE)));
      assertThat(sum.answered()).as("answers").isGreaterThan((long) count * ANSWERS_AFTERWARDS);
      return sum;
    }
  }

  private static StoreDoor sdk(KvClient kv) {
    return new StoreDoor.Sdk(kv.sync());
  }

  /**
   * Any four rounds have every work, any five every victim, and twenty each pair of them once: four
   * and five have no divisor in common.
   */
  private Draw draw(int round) {
    if (round % (works.size() * victims.size()) == 0) {
      Collections.shuffle(works, random);
      Collections.shuffle(victims, random);
    }
    Draw draw = new Draw(works.get(round % works.size()), victims.get(round % victims.size()));
    int shards = operator.shards().size();
    if (draw.work() == Work.SPLIT && shards >= SHARDS_MAX) {
      return new Draw(Work.MERGE, draw.victim());
    }
    return draw.work() == Work.MERGE && shards <= SHARDS_MIN
        ? new Draw(Work.SPLIT, draw.victim())
        : draw;
  }

  /** Not every shard fits next to its neighbour, and placement may be at work on another. */
  private ClusterStatus.Shard begin(Work work) {
    List<ClusterStatus.Shard> shards = new ArrayList<>(operator.shards());
    Collections.shuffle(shards, random);
    for (ClusterStatus.Shard shard : shards) {
      if (operator.begin(work, shard)) {
        tally.count(work, true);
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
    tally.count(operator);
    awaitAnswers(traffic, ANSWERS_AFTERWARDS);
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
    private final Map<Job.Kind, Integer> done = new EnumMap<>(Job.Kind.class);
    private long newestJob;
    private long longestRoundNanos;

    void beginAt(long job) {
      newestJob = job;
    }

    void count(Work work, boolean taken) {
      (taken ? begun : refused).merge(work, 1, Integer::sum);
    }

    void count(Victim victim) {
      killed.merge(victim, 1, Integer::sum);
    }

    /** Placement's own jobs, too: it evens out again what was moved. None is under way. */
    void count(Operator operator) {
      ClusterStatus rest = operator.status();
      for (Job.Ended over : Operator.endedSince(newestJob, rest)) {
        ended.merge(over.end(), 1, Integer::sum);
        if (over.end() == Job.End.DONE) {
          done.merge(over.job().kind(), 1, Integer::sum);
        }
      }
      beginAt(Operator.newestJob(rest));
    }

    void countRound(long nanos) {
      longestRoundNanos = Math.max(longestRoundNanos, nanos);
    }

    /**
     * Rounds in which nothing was done, and nobody was killed, would be green, too. Each work had
     * its turn in one round of four, but for splits and merges that took each other's; each victim
     * in one of five.
     */
    void check(int rounds) {
      for (Work work : WORKS) {
        int begunMin = (rounds / WORKS.size() + 1) / 2;
        assertThat(begun.getOrDefault(work, 0))
            .as("times that %s was begun: %s", work, this)
            .isGreaterThanOrEqualTo(begunMin);
        assertThat(done.getOrDefault(Operator.kind(work), 0))
            .as("times that %s was done: %s", work, this)
            .isGreaterThanOrEqualTo(begunMin / 2);
      }
      for (Victim victim : Victim.values()) {
        assertThat(killed.getOrDefault(victim, 0))
            .as("times that %s was killed: %s", victim, this)
            .isGreaterThanOrEqualTo(rounds / VICTIMS.size());
      }
      assertThat(done.values().stream().mapToInt(Integer::intValue).sum())
          .as("jobs done: %s", this)
          .isGreaterThanOrEqualTo(rounds / 2);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "longest %.0f s, begun %s, refused %s, killed %s, jobs %s, done %s",
          longestRoundNanos / 1e9,
          begun,
          refused,
          killed,
          ended,
          done);
    }
  }
}
