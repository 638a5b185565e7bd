package io.flotilla.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.EndedJob;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.JobEnd;
import io.flotilla.proto.placement.Merge;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.router.cli.Shell.Run;
import io.flotilla.router.client.FakeCluster;
import io.flotilla.router.client.FakeJobs;
import java.util.stream.LongStream;
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
    cluster.jobs().underWayFor(3);
    JsonNode progress = run("job", "show", "7", "-o", "json").json().at("/progress");
    assertThat(progress.at("/words").asText())
        .isEqualTo("step 1 of 3: the group has not begun with it");
    assertThat(progress.at("/left").isNull()).isTrue();
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

  private static StatusReply under(long... ids) {
    StatusReply.Builder status = StatusReply.newBuilder();
    LongStream.of(ids).forEach(id -> status.addJobs(FakeJobs.move().toBuilder().setId(id)));
    return status.build();
  }

  private static StatusReply ended(StatusReply status, long id, JobEnd how) {
    return status.toBuilder()
        .addEnded(
            EndedJob.newBuilder()
                .setJob(FakeJobs.move().toBuilder().setId(id))
                .setEnd(how)
                .setWhy("so it was"))
        .build();
  }

  @Test
  void whatIsGivenUpOrCancelledIsNotDone() {
    cluster.jobs().script(under(7), ended(under(), 7, JobEnd.GIVEN_UP));
    Run given = run("job", "watch", "7");
    assertThat(given.code()).isEqualTo(1);
    assertThat(given.out()).endsWith("replaces replica 11; given up: so it was\n");
    assertThat(run("job", "watch", "7").code()).as("over from the start").isEqualTo(1);
    cluster.jobs().script(under(8), ended(under(), 8, JobEnd.CANCELLED));
    assertThat(run("job", "watch", "8", "-o", "json").code()).isEqualTo(1);
  }

  /** Placement has forgotten job 7 when job 8 is done. */
  @Test
  void howAJobEndedIsRemembered() {
    cluster
        .jobs()
        .script(
            under(7, 8),
            ended(under(8), 7, JobEnd.GIVEN_UP),
            under(8),
            ended(under(), 8, JobEnd.DONE));
    Run run = run("job", "watch", "-o", "json");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.json().findValuesAsText("end")).containsExactly("given up", "done");
  }

  @Test
  void whatEndedUnseenDoesNotCountAsDone() {
    cluster.jobs().script(under(7, 8), ended(under(), 8, JobEnd.DONE));
    Run run = run("job", "watch");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out())
        .contains("; it is over, and placement does not remember how it ended\n")
        .endsWith("done: so it was\n");
  }

  /** Job 8 began after one look and was over before the next; job 6 was over before. */
  @Test
  void whatBeginsAndEndsBetweenTwoLooksCountsToo() {
    StatusReply first = ended(under(7), 6, JobEnd.CANCELLED);
    StatusReply then = ended(ended(under(), 6, JobEnd.CANCELLED), 7, JobEnd.DONE);
    cluster.jobs().script(first, ended(then, 8, JobEnd.GIVEN_UP));
    Run run = run("job", "watch", "-o", "json");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.json().findValuesAsText("end")).containsExactly("done", "given up");
    cluster.jobs().script(first, then);
    assertThat(run("job", "watch").code()).isZero();
  }

  @Test
  void whatEndedUnseenIsSaidToProgramsToo() {
    cluster.jobs().script(under(7), under());
    Run run = run("job", "watch", "7", "-o", "json");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.json().at("/0/end").asText()).isEqualTo("unknown");
    assertThat(run.json().at("/0/why").asText()).contains("does not remember");
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
