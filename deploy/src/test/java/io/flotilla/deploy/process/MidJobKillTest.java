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
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * In the middle of each kind of job, placement's leader dies, and the node that leads the shard, at
 * once or, with {@code -Dflotilla.midjob.each=true}, also each alone: the job is done or cleanly
 * given up, and the cluster is well again by itself.
 */
class MidJobKillTest {
  private static final String KEYSPACE = "redis";

  /** Or those who are started again get no processor. */
  private static final Duration PAUSE = Duration.ofMillis(5);

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final List<Victim> BOTH = List.of(Victim.PLACEMENT_LEADER, Victim.SHARD_LEADER);

  @TempDir private Path directory;
  private final List<String> told = new ArrayList<>();

  @Test
  void jobsOutliveWhoeverIsAtWorkOnThem() throws Exception {
    Map<String, String> hasty = Map.of("FLOTILLA_PLACEMENT_NODE_STEADY_SECONDS", "2");
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
      assertThat(sum.unknown()).as("operations that failed").isZero();
      System.out.printf("killed in the middle of jobs: %s; %s%n", sum, String.join("; ", told));
    }
  }

  private void killDuring(
      Work work, List<Victim> victims, Operator operator, RunningCluster cluster, Traffic traffic)
      throws Exception {
    ClusterStatus.Shard shard = operator.anyShard();
    List<Member> members = victims.stream().map(victim -> operator.find(victim, shard)).toList();
    long newest = Operator.newestJob(operator.status());
    await().atMost(PATIENCE).until(() -> operator.begin(work, shard));
    for (Member member : members) {
      cluster.kill(member);
    }
    traffic.awaitProgress();
    cluster.restart();
    operator.awaitRest();
    List<Job.Ended> ended =
        Operator.endedSince(newest, operator.status()).stream()
            .filter(over -> over.job().kind() == Operator.kind(work))
            .filter(over -> work == Work.DRAIN || over.job().shard() == shard.id())
            .toList();
    assertThat(ended).as("%s while %s die", work, victims).isNotEmpty();
    told.add(work + " while " + victims + " die: " + ended.get(0).end());
    operator.undrainAll();
    operator.awaitRest();
  }
}
