package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.Ambush.Met;
import io.flotilla.deploy.process.Operator.Victim;
import io.flotilla.deploy.process.Operator.Work;
import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.deploy.process.Traffic.Summary;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Job;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * In the middle of each kind of job, placement's leader dies, and the node that leads the shard, at
 * once or, with {@code -Dflotilla.midjob.each=true}, also each alone: the job is done or cleanly
 * given up, and the cluster is well again by itself. That they die in the middle, an {@link Ambush}
 * sees to.
 */
class MidJobKillTest {
  private static final String KEYSPACE = "redis";

  /** Or those who are started again get no processor. */
  private static final Duration PAUSE = Duration.ofMillis(5);

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int ATTEMPTS_MAX = 8;
  private static final List<Victim> BOTH = List.of(Victim.PLACEMENT_LEADER, Victim.SHARD_LEADER);

  @TempDir private Path directory;
  private final List<String> told = new ArrayList<>();

  @Test
  void jobsOutliveWhoeverIsAtWorkOnThem() throws Exception {
    Map<String, String> hasty =
        Map.of("FLOTILLA_PLACEMENT_NODE_STEADY_SECONDS", "2", "FLOTILLA_LOG_LEVEL", "INFO");
    try (RunningCluster cluster =
            RunningCluster.up(
                directory.resolve("cluster"), hasty, "--nodes", "4", "--shards", "2");
        FlotillaClient client = cluster.connect();
        Traffic traffic = new Traffic("mid-job", 1, PAUSE)) {
      for (int i = 0; i < 6; i++) {
        traffic.through(new StoreDoor.Sdk(client.keyspace(KEYSPACE).withTimeout(PATIENCE).sync()));
      }
      traffic.awaitProgress();
      Operator operator = new Operator(cluster, client, KEYSPACE, new Random(1));
      operator.awaitRest();
      for (Work work : Work.values()) {
        killDuring(work, BOTH, operator, cluster, traffic);
        if (Boolean.getBoolean("flotilla.midjob.each")) {
          for (Victim victim : BOTH) {
            killDuring(work, List.of(victim), operator, cluster, traffic);
          }
        }
      }
      traffic.close();
      operator.checkMap();
      Summary sum = traffic.judge(new StoreDoor.Sdk(client.keyspace(KEYSPACE).sync()));
      assertThat(sum.failed()).as("operations that failed").isZero();
      System.out.printf("killed in the middle of jobs: %s%n%s%n", sum, String.join("\n", told));
    }
  }

  /** As often as it takes: what is over before it was met leaves nothing to be interrupted. */
  private void killDuring(
      Work work, List<Victim> victims, Operator operator, RunningCluster cluster, Traffic traffic)
      throws Exception {
    for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      Optional<Met> met = killWhenMet(work, victims, operator, cluster);
      if (met.isPresent()) {
        traffic.awaitProgress();
        cluster.restart();
        operator.awaitRest();
        Job.Ended over = ending(met.get(), operator.status());
        checkOutcome(over, operator.status());
        String killed = victims.stream().map(Victim::name).collect(Collectors.joining(" and "));
        told.add(
            "%s, %s killed (attempt %d): %s, %s"
                .formatted(met.get(), killed, attempt, over.end(), over.why()));
      }
      finishDrains(operator);
      operator.checkMap();
      if (met.isPresent()) {
        return;
      }
    }
    throw new AssertionError(work + " was never met in the middle");
  }

  /** Nothing if the job was not met, or was over when all was ready: then nobody was killed. */
  private Optional<Met> killWhenMet(
      Work work, List<Victim> victims, Operator operator, RunningCluster cluster) throws Exception {
    try (FlotillaClient client = cluster.connect();
        Ambush ambush = new Ambush(cluster, client, operator, work)) {
      Optional<ClusterStatus.Shard> shard = begin(work, operator);
      if (shard.isEmpty()) {
        return Optional.empty();
      }
      Optional<Met> met = ambush.meet(shard.get());
      if (met.isEmpty()) {
        return Optional.empty();
      }
      List<Member> members = new ArrayList<>();
      for (Victim victim : victims) {
        members.add(
            victim == Victim.SHARD_LEADER
                ? met.get().leader()
                : operator.find(victim, shard.get()));
      }
      Optional<Met> last = ambush.again(met.get());
      if (last.isPresent()) {
        for (Member member : members) {
          cluster.kill(member);
        }
      }
      return last;
    }
  }

  /** Not every shard fits next to its neighbour; those that are cut out of one do. */
  private static Optional<ClusterStatus.Shard> begin(Work work, Operator operator) {
    List<ClusterStatus.Shard> shards = operator.shardsShuffled();
    Optional<ClusterStatus.Shard> taken =
        shards.stream().filter(shard -> operator.begin(work, shard)).findFirst();
    if (taken.isEmpty() && work == Work.MERGE) {
      assertThat(operator.begin(Work.SPLIT, shards.get(0))).as("a split, to merge again").isTrue();
    }
    return taken;
  }

  /** It has one, and it was not taken back by anybody. */
  private static Job.Ended ending(Met met, ClusterStatus rest) {
    List<Job.Ended> endings =
        rest.ended().stream().filter(over -> over.job().id() == met.job().id()).toList();
    assertThat(endings).as("endings of %s", met).hasSize(1);
    assertThat(endings.get(0).end()).as("%s", met).isIn(Job.End.DONE, Job.End.GIVEN_UP);
    return endings.get(0);
  }

  /** What is done is there, and what was given up is not; of a transfer it only has an end. */
  private static void checkOutcome(Job.Ended over, ClusterStatus rest) {
    Job job = over.job();
    boolean done = over.end() == Job.End.DONE;
    assertThat(rest.shards()).as("frozen").allMatch(shard -> shard.frozen().isEmpty());
    switch (job.kind()) {
      case SPLIT ->
          assertThat(exists(job.newShard().orElseThrow(), rest)).as("%s", over).isEqualTo(done);
      case MERGE -> assertThat(exists(job.shard(), rest)).as("%s", over).isEqualTo(!done);
      case MOVE -> {
        assertThat(done && holds(job, job.from(), rest)).as("%s", over).isFalse();
        assertThat(!done && holds(job, job.to(), rest)).as("%s", over).isFalse();
      }
      default -> {} // who leads is evened out afterwards
    }
  }

  private static boolean exists(long shard, ClusterStatus rest) {
    return rest.shards().stream().anyMatch(each -> each.id() == shard);
  }

  private static boolean holds(Job job, OptionalLong replica, ClusterStatus rest) {
    return rest.shards().stream()
        .filter(shard -> shard.id() == job.shard())
        .flatMap(shard -> shard.replicas().stream())
        .anyMatch(each -> each.id() == replica.orElseThrow());
  }

  /** What was to be emptied is, whoever died meanwhile; then it may be filled again. */
  private static void finishDrains(Operator operator) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                operator.status().nodes().stream()
                    .noneMatch(node -> node.draining() && node.replicas() > 0));
    operator.awaitRest();
    operator.undrainAll();
    operator.awaitRest();
  }
}
