package io.flotilla.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.Merge;
import io.flotilla.router.cli.Shell.Run;
import io.flotilla.router.client.FakeCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a shell is told about jobs. */
class JobCommandsTest {
  private final FakeCluster cluster = new FakeCluster(1, 3, "f", "m", "t");

  @AfterEach
  void close() {
    cluster.close();
  }

  private Run run(String... args) {
    return Shell.run(cluster, args);
  }

  private AdminRequest asked() {
    return cluster.jobs().asked();
  }

  @Test
  void jobs() {
    assertThat(run("job", "show", "7").code()).isEqualTo(5);
    cluster.jobs().underWayFor(2);
    assertThat(run("job", "list").out())
        .isEqualTo(
            """
            JOB  SHARD  WHAT                                      BECAUSE
              7      1  replica 97 on node 3 replaces replica 11  node 1 is draining
            """);
    assertThat(run("job", "show", "7").out()).contains("the group has not begun with it");
    assertThat(run("job", "show", "7").out()).contains("done").contains("is in its place");
    JsonNode ended = run("job", "list", "--ended", "-o", "json").json();
    assertThat(ended.at("/0/end").asText()).isEqualTo("done");
    Run missing = run("job", "cancel", "7");
    assertThat(missing.code()).isEqualTo(5);
    assertThat(missing.err()).contains("there is no job 7");
  }

  @Test
  void cancel() {
    cluster.jobs().underWayFor(5);
    assertThat(run("job", "cancel", "7").out()).endsWith("  no more orders are given\n");
    assertThat(asked().getCancel().getJob()).isEqualTo(7);
  }

  @Test
  void watch() {
    assertThat(run("job", "watch", "7").code()).isEqualTo(5);
    cluster.jobs().underWayFor(1);
    assertThat(run("job", "watch", "7"))
        .isEqualTo(
            new Run(
                0,
                """
                job 7, shard 1: replica 97 on node 3 replaces replica 11; step 1 of 3: the group has not begun with it
                job 7, shard 1: replica 97 on node 3 replaces replica 11; done: replica 97 on node 3 is in its place
                """,
                ""));
    assertThat(run("job", "watch").out()).isEqualTo("no job is under way\n");
  }

  @Test
  void theStepsOfAMerge() {
    Job job = Job.newBuilder().setId(7).setShard(2).setMerge(Merge.newBuilder().setInto(1)).build();
    cluster.jobs().underWayFor(100, job);
    assertThat(run("job", "list").out()).contains("2  is merged into its neighbour, shard 1");
    assertThat(run("job", "show", "7").out()).endsWith("  step 1 of 3: it is not frozen yet\n");
    assertThat(run("shard", "show", "1").out())
        .endsWith("  job 7: is merged into its neighbour, shard 1\n");
    assertThat(run("shard", "list").out()).doesNotContain("frozen");
    cluster.freeze("g");
    assertThat(run("job", "show", "7").out())
        .endsWith("  step 2 of 3: it is frozen; all replicas bring that to their disks\n");
    assertThat(run("shard", "list").out().lines())
        .filteredOn(line -> line.contains("2.1 frozen"))
        .hasSize(1);
    assertThat(run("shard", "show", "2").out())
        .contains("  frozen: it serves nothing until shard 1 has absorbed it, or it thaws\n");
    JsonNode shown = run("shard", "show", "2", "-o", "json").json();
    assertThat(shown.at("/frozen/into").asLong()).isEqualTo(1);
    assertThat(shown.at("/frozen/settled").asBoolean()).isFalse();
    cluster.settle();
    assertThat(run("job", "show", "7").out())
        .endsWith("  step 3 of 3: it is frozen and settled; shard 1 takes it in\n");
  }
}
