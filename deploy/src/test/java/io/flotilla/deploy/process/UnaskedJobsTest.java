package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.Traffic.Summary;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Job;
import io.flotilla.router.client.NewKeyspace;
import io.flotilla.router.client.Partitioning;
import io.flotilla.router.client.SyncKvClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What placement does about sizes and load while nobody asks it to: a shard that is asked much is
 * split where that helps, one that has grown is split, and small neighbours that are asked little
 * are merged for it, since their keyspace has more shards than it was created with. Shards that
 * were cut themselves are left alone for ten minutes, so those that are merged are others.
 */
class UnaskedJobsTest {
  private static final String KEYSPACE = "unasked";
  private static final int SPLIT_OPERATIONS = 200;

  /** The least with which anything is merged at all, for that is an eighth of it at most. */
  private static final int SPLIT_MEBIBYTES = 8;

  private static final Map<String, String> EAGER =
      Map.of(
          "FLOTILLA_PLACEMENT_NODE_STEADY_SECONDS",
          "1",
          "FLOTILLA_PLACEMENT_SPLIT_OPERATIONS",
          Integer.toString(SPLIT_OPERATIONS),
          "FLOTILLA_PLACEMENT_SPLIT_MEBIBYTES",
          Integer.toString(SPLIT_MEBIBYTES),
          "FLOTILLA_PLACEMENT_MERGE_MEBIBYTES",
          "1");

  /** One shard for what grows, one for what is hot, and three for what is neither. */
  private static final List<Bytes> CUTS = Stream.of("c", "m", "q", "t").map(Bytes::utf8).toList();

  private static final int HOT_CLIENTS = 12;

  /** Twelve clients ask more than enough nevertheless, and the cluster gets processors. */
  private static final Duration HOT_PAUSE = Duration.ofMillis(4);

  /** Two of these together are asked less than half of what makes a shard hot. */
  private static final Duration QUIET_PAUSE = Duration.ofMillis(40);

  private static final int VALUE_BYTES = 64 << 10;
  private static final int VALUES = 2 * SPLIT_MEBIBYTES * (1 << 20) / VALUE_BYTES;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir private Path directory;
  private final long beganNanos = System.nanoTime();
  private final List<String> told = new ArrayList<>();
  private FlotillaClient client;

  @Test
  void whatIsHotOrLargeIsSplitAndWhatIsSmallIsMerged() throws Exception {
    try (RunningCluster cluster =
            RunningCluster.up(
                directory.resolve("cluster"), EAGER, "--placement", "1", "--shards", "1");
        FlotillaClient connected = cluster.connect();
        Traffic hot = new Traffic("hot", 1, HOT_PAUSE);
        Traffic old = new Traffic("old", 1, QUIET_PAUSE);
        Traffic quiet = new Traffic("quiet", 1, QUIET_PAUSE);
        Traffic tail = new Traffic("tail", 1, QUIET_PAUSE)) {
      client = connected;
      FlotillaClient.await(
          client.admin().createKeyspace(new NewKeyspace(KEYSPACE, Partitioning.RANGE, 0, CUTS, 3)));
      Operator operator = new Operator(cluster, client, KEYSPACE, new Random(1));
      operator.awaitRest();
      for (int i = 0; i < HOT_CLIENTS; i++) {
        hot.through(door());
      }
      List<Traffic> seldom = List.of(old, quiet, tail);
      seldom.forEach(traffic -> traffic.through(door()));
      cutAndMerge();
      hot.awaitProgress();

      Summary sum = Summary.NONE;
      for (Traffic traffic : List.of(hot, old, quiet, tail)) {
        traffic.close();
        sum = sum.plus(traffic.judge(door()));
      }
      assertThat(sum.failed()).as("operations that failed").isZero();
      checkFilled();
      operator.awaitRest();
      operator.checkMap();
      System.out.printf("unasked: %s%n%s%n", sum, String.join("\n", told));
    }
  }

  private StoreDoor door() {
    return new StoreDoor.Sdk(client.keyspace(KEYSPACE).withTimeout(PATIENCE).sync());
  }

  /** Nobody asks for anything of it here. */
  private void cutAndMerge() {
    long hot = shardOf("hot");
    awaitHot(hot); // or it would be small, and might be merged
    long large = shardOf("bulk");
    fill();
    awaitDone(Job.Kind.SPLIT, "it weighs about ", job -> job.shard() == large);
    awaitDone(
        Job.Kind.MERGE, "they weigh about ", job -> !job.concerns(large) && !job.concerns(hot));
    awaitDone(Job.Kind.SPLIT, "it is asked for about ", job -> job.shard() == hot);
    assertThat(shardOf("hot-COUNTER-9")).as("cut amidst its load").isNotEqualTo(shardOf("hot-REG"));
  }

  private long shardOf(String key) {
    return FlotillaClient.await(client.admin().locate(KEYSPACE, Bytes.utf8(key))).shard().id();
  }

  /** As {@code shard why} says. */
  private void awaitHot(long shard) {
    String hot = "from %d on it is split, but this has to last".formatted(SPLIT_OPERATIONS);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                FlotillaClient.await(client.admin().explainShard(shard)).findings().stream()
                    .anyMatch(finding -> finding.text().contains(hot)));
  }

  /** More than a shard is to weigh; nothing that could be compressed. */
  private void fill() {
    SyncKvClient kv = client.keyspace(KEYSPACE).withTimeout(PATIENCE).sync();
    for (int i = 0; i < VALUES; i++) {
      kv.put(bulkKey(i), bulkValue(i));
    }
  }

  private void checkFilled() {
    SyncKvClient kv = client.keyspace(KEYSPACE).withTimeout(PATIENCE).sync();
    for (int i = 0; i < VALUES; i++) {
      assertThat(kv.get(bulkKey(i))).as("%s", bulkKey(i)).contains(bulkValue(i));
    }
  }

  private static Bytes bulkKey(int number) {
    return Bytes.utf8("bulk-%04d".formatted(number));
  }

  private static Bytes bulkValue(int number) {
    byte[] value = new byte[VALUE_BYTES];
    new Random(number).nextBytes(value);
    return Bytes.wrap(value);
  }

  private void awaitDone(Job.Kind kind, String reason, Predicate<Job> fits) {
    Optional<Job> done =
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    FlotillaClient.await(client.admin().status()).ended().stream()
                        .filter(over -> over.end() == Job.End.DONE)
                        .map(Job.Ended::job)
                        .filter(job -> job.kind() == kind && job.reason().contains(reason))
                        .filter(fits)
                        .findFirst(),
                Optional::isPresent);
    Job job = done.orElseThrow();
    told.add(
        String.format(
            Locale.ROOT,
            "by %.0f s shard %d %s: %s",
            (System.nanoTime() - beganNanos) / 1e9,
            job.shard(),
            job.words(),
            job.reason()));
  }
}
