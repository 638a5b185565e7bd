package io.flotilla.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.Job;
import io.flotilla.proto.placement.Merge;
import io.flotilla.router.client.FakeCluster;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The verbs that change where shards are, as a shell runs them. */
class AdminCommandsTest {
  private final FakeCluster cluster = new FakeCluster(1, 3, "f", "m", "t");

  @AfterEach
  void close() {
    cluster.close();
  }

  private record Run(int code, String out, String err) {
    JsonNode json() {
      try {
        return new ObjectMapper().readTree(out);
      } catch (JsonProcessingException e) {
        throw new AssertionError(out, e);
      }
    }
  }

  private Run run(String... args) {
    return run(cluster, args);
  }

  private static Run run(FakeCluster cluster, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        FlotillaCommand.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true));
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--endpoints", String.join(",", cluster.placement()), "--timeout", "20s"));
    return new Run(command.execute(all.toArray(String[]::new)), out.toString(), err.toString());
  }

  private AdminRequest asked() {
    return cluster.jobs().asked();
  }

  @Test
  void split() {
    assertThat(run("shard", "split", "3"))
        .isEqualTo(
            new Run(
                0,
                """
                JOB  SHARD  WHAT                                       BECAUSE
                  8      3  is split; the right part becomes shard 77  asked for
                """,
                ""));
    assertThat(asked().getSplit().getAt().isEmpty()).isTrue();
    assertThat(run("shard", "split", "1", "--at", "c").code).isZero();
    assertThat(asked().getSplit().getAt())
        .isEqualTo(ByteString.copyFrom(new byte[] {0, 0, 0, 1, 'c'}));
    assertThat(run("shard", "split", "6", "--at", "1234", "--hex").code).isZero();
    assertThat(asked().getSplit().getAt())
        .isEqualTo(ByteString.copyFrom(new byte[] {0, 0, 0, 2, 0x12, 0x34}));
    Run missing = run("shard", "split", "99", "--at", "c");
    assertThat(missing.code).isEqualTo(5);
    assertThat(missing.err).contains("there is no shard 99");
    Run dry = run("shard", "split", "3", "--dry-run");
    assertThat(asked().getDryRun()).isTrue();
    assertThat(dry.out).contains("1 job, about 0 KiB to travel; nothing was begun");
  }

  @Test
  void merge() {
    assertThat(run("shard", "merge", "3"))
        .isEqualTo(
            new Run(
                0,
                """
                JOB  SHARD  WHAT                                   BECAUSE
                  8      3  is merged into its neighbour, shard 2  asked for
                """,
                ""));
    assertThat(asked().getMerge().getShard()).isEqualTo(3);
    assertThat(asked().getMerge().getInto()).isZero();
    Run json = run("shard", "merge", "3", "--into", "4", "--dry-run", "-o", "json");
    assertThat(json.json().at("/jobs/0/kind").asText()).isEqualTo("merge");
    assertThat(json.json().at("/jobs/0/into").asLong()).isEqualTo(4);
    assertThat(asked().getMerge().getInto()).isEqualTo(4);
    assertThat(asked().getDryRun()).isTrue();
    Run refused = run("shard", "merge", "3", "--into", "99");
    assertThat(refused.code).isEqualTo(1);
    assertThat(refused.err).contains("shards 3 and 99 are not neighbours");
  }

  @Test
  void whatIsLostIsToldAndNothingIsDone() {
    Run told = run("shard", "recover");
    assertThat(told.code).isEqualTo(3);
    assertThat(told.out)
        .startsWith(
            """
            shard 4 is not lost for good: node 3 is silent, but not judged dead yet
            SHARD  REPLICA  NODE  STATE    LAST TERM  INDEX  BEHIND  APPLIED
                1       11     1  dead             2     48       0        0
                1       12     2  goes on          2     46       0        0
                1       13     3  dead             -      -       -        -
            shard 1: replica 11 on node 1 had at least 2 entries more
            With --unsafe, each would go on with the one replica whose log is the furthest\
            """);
    assertThat(asked().getDryRun()).isTrue();
    assertThat(run("shard", "recover", "--unsafe", "--dry-run", "1").code).isZero();
    assertThat(asked().getDryRun()).isTrue();
    Run json = run("shard", "recover", "-o", "json");
    assertThat(json.json().at("/lost/0/survivor").asLong()).isEqualTo(12);
    assertThat(json.json().at("/lost/0/replicas/2/fate").asText()).isEqualTo("dead");
    assertThat(json.json().at("/lost/0/replicas/2/lastIndex").isNull()).isTrue();
    assertThat(json.json().at("/obstacles/0").asText()).startsWith("shard 4 is not lost");
    Run refused = run("shard", "recover", "--unsafe", "2");
    assertThat(refused.code).isEqualTo(1);
    assertThat(refused.err).contains("shard 2 has its majority");
  }

  @Test
  void nobodyGivesUpAMajorityUnasked() {
    Run unasked = run("shard", "recover", "--unsafe");
    assertThat(unasked.code).isEqualTo(2);
    assertThat(unasked.err).contains("standard input is not a terminal that could be asked");
    assertThat(asked().getDryRun()).as("nothing was begun").isTrue();
  }

  @Test
  void whatWasToldIsWhatIsAskedFor() {
    Run done = run("shard", "recover", "--unsafe", "--yes");
    assertThat(asked().getDryRun()).isFalse();
    assertThat(asked().getRecover().getShardsList())
        .singleElement()
        .matches(each -> each.getShard() == 1 && each.getReplica() == 12);
    assertThat(done.code).as("shard 4 still has to wait").isEqualTo(3);
    assertThat(done.err).isEqualTo("1 of 1 shards serve again\n");
    assertThat(done.out).contains("\n  flotilla node remove 1\n  flotilla node remove 3\n");
  }

  /** No log is applied to its end at a glance, and another leads, as it may. */
  @Test
  void aShardServesAlsoUnderLoad() {
    cluster.load();
    cluster.replenish(1);
    Run done = run("shard", "recover", "--unsafe", "--yes", "--wait", "5s");
    assertThat(done.err).isEqualTo("1 of 1 shards serve again\n");
    assertThat(done.out).contains("  flotilla node remove 1\n");
  }

  @Test
  void aShardWithItsOldMembersIsNotRecovered() {
    cluster.jobs().lose(1, 2);
    cluster.jobs().giveUp(2);
    Run part = run("shard", "recover", "--unsafe", "--yes");
    assertThat(part.code).isEqualTo(3);
    assertThat(part.err)
        .isEqualTo(
            """
            shard 2: shard 2 came to epoch 2.5: its group is alive
            1 of 2 shards serve again
            """);
    cluster.jobs().lose(2, 2);
    Run none = run("shard", "recover", "--unsafe", "--yes");
    assertThat(none.code).isEqualTo(1);
    assertThat(none.out).doesNotContain("node remove");
  }

  @Test
  void whatIsServedWithFewerReplicasThanAskedForIsDegraded() {
    assertThat(run("shard", "recover", "--unsafe", "--yes").code).isEqualTo(3);
    Run alone = run("status");
    assertThat(alone.code).isEqualTo(3);
    assertThat(alone.out)
        .startsWith(
            """
            degraded: can lose no further node of 3
              1 of 8 shards with fewer replicas than asked for, 2 lacking

            """);
    assertThat(run("keyspace", "create", "wide", "--shards", "2", "--replicas", "5").code).isZero();
    JsonNode json = run("status", "-o", "json").json();
    assertThat(json.at("/health/level").asText()).isEqualTo("DEGRADED");
    assertThat(json.at("/health/problems/0").asText())
        .isEqualTo("3 of 10 shards with fewer replicas than asked for, 6 lacking");
    assertThat(json.at("/keyspaces").findValuesAsText("replicas")).containsExactly("3", "3", "5");
    assertThat(json.at("/shards").findValuesAsText("lacking"))
        .containsExactly("2", "0", "0", "0", "0", "0", "0", "0", "2", "2");
  }

  /** Placement takes so many at once, and then refuses. */
  @Test
  void whatIsLeftToDoIsToldThoughOthersAreNotRecovered() {
    String[] bounds = IntStream.range(1, 101).mapToObj("k%03d"::formatted).toArray(String[]::new);
    try (FakeCluster large = new FakeCluster(1, 3, bounds)) {
      large.jobs().lose(1, 101);
      large.jobs().leaveOut(7);
      large.jobs().comeBack(101);
      Run part = run(large, "shard", "recover", "--unsafe", "--yes");
      assertThat(part.code).isEqualTo(3);
      assertThat(part.err)
          .isEqualTo(
              """
              flotilla: CONFLICT: placement member %s: shard 101 has its majority
              99 of 99 shards serve again
              """
                  .formatted(large.placement().get(0)));
      assertThat(part.out)
          .endsWith(
              """
                shard 7 is at epoch 2.5, not 2.4
              Each that was recovered has one replica. The dead nodes must not come back with what \
              they had; remove them:
                flotilla node remove 1
                flotilla node remove 3
              A node is not removed while a shard that was not recovered has a replica there; shard \
              recover says what is in the way.
              """);
      Run json = run(large, "shard", "recover", "--unsafe", "--yes", "8", "9", "-o", "json");
      assertThat(json.json().at("/lost/1/shard").asLong()).isEqualTo(9);
      assertThat(json.err).contains("  flotilla node remove 3\n");
    }
  }

  @Test
  void theStepsOfAMerge() {
    Job job = Job.newBuilder().setId(7).setShard(2).setMerge(Merge.newBuilder().setInto(1)).build();
    cluster.jobs().underWayFor(100, job);
    assertThat(run("job", "list").out).contains("2  is merged into its neighbour, shard 1");
    assertThat(run("job", "show", "7").out).endsWith("  step 1 of 3: it is not frozen yet\n");
    assertThat(run("shard", "show", "1").out)
        .endsWith("  job 7: is merged into its neighbour, shard 1\n");
    assertThat(run("shard", "list").out).doesNotContain("frozen");
    cluster.freeze("g");
    assertThat(run("job", "show", "7").out)
        .endsWith("  step 2 of 3: it is frozen; all replicas bring that to their disks\n");
    assertThat(run("shard", "list").out.lines())
        .filteredOn(line -> line.contains("2.1 frozen"))
        .hasSize(1);
    assertThat(run("shard", "show", "2").out)
        .contains("  frozen: it serves nothing until shard 1 has absorbed it, or it thaws\n");
    JsonNode shown = run("shard", "show", "2", "-o", "json").json();
    assertThat(shown.at("/frozen/into").asLong()).isEqualTo(1);
    assertThat(shown.at("/frozen/settled").asBoolean()).isFalse();
    cluster.settle();
    assertThat(run("job", "show", "7").out)
        .endsWith("  step 3 of 3: it is frozen and settled; shard 1 takes it in\n");
  }

  @Test
  void transfer() {
    Run json = run("shard", "transfer", "1", "--to", "2", "-o", "json");
    assertThat(json.json().at("/jobs/0/kind").asText()).isEqualTo("transfer");
    assertThat(json.json().at("/jobs/0/toNode").asLong()).isEqualTo(2);
    assertThat(json.json().at("/dryRun").asBoolean()).isFalse();
    assertThat(asked().getTransfer().getToNode()).isEqualTo(2);
    assertThat(run("shard", "transfer", "1").out).contains("replica 12 on node 2 is to lead");
    assertThat(asked().getTransfer().getToNode()).isZero();
  }

  @Test
  void add() {
    assertThat(run("shard", "add", "-k", "default", "--count", "2").out)
        .isEqualTo("taken\n  the keyspace goes from 4 to 6 shards\n");
    assertThat(asked().getAddShards().getCount()).isEqualTo(2);
    assertThat(run("shard", "add", "-k", "default", "--count", "-1").err)
        .contains("--count is -1; allowed: 0 and more");
    assertThat(run("shard", "add", "--count", "1").code).isEqualTo(2);
  }

  @Test
  void drainUndrainRemove() {
    assertThat(run("node", "drain", "1").out)
        .isEqualTo("node 1 is draining\n  node 2 holds a replica of shard 1 already\n");
    assertThat(run("node", "drain", "1", "--dry-run").out)
        .isEqualTo(
            """
            SHARD  WHAT                                       KIB  BECAUSE
                1  replica 97 on node 3 replaces replica 11  5120  node 1 is draining
            1 job, about 5,120 KiB to travel; nothing was begun
            """);
    assertThat(run("node", "undrain", "1").out).isEqualTo("node 1 takes replicas again\n");
    Run refused = run("node", "remove", "1");
    assertThat(refused.code).isEqualTo(1);
    assertThat(refused.err).contains("node 1 cannot be removed: it holds 8 replicas");
  }

  @Test
  void why() {
    assertThat(run("shard", "why", "4").out).isEqualTo("shard 4 is as it is\n");
    assertThat(run("node", "why", "2", "-o", "json").json().at("/0/rule").asText()).isEqualTo("is");
  }

  @Test
  void balance() {
    assertThat(run("balance", "off").out).startsWith("balancing is off");
    assertThat(run("balance", "show").out)
        .isEqualTo("balancing is off\n  the cluster is as it is\n");
    assertThat(run("balance", "on").out).isEqualTo("balancing is on\n");
    assertThat(run("balance", "show", "-o", "json").json().at("/balance").asBoolean()).isTrue();
  }

  @Test
  void placementMembers() {
    assertThat(run("placement", "members").out.lines().toList().get(1))
        .matches(" +1  127.0.0.1:[0-9]+  leader  alive +42");
    assertThat(run("placement", "members", "-o", "json").json().at("/0/applied").asLong())
        .isEqualTo(42);
    Run added = run("placement", "add", "10.0.0.4:7400");
    assertThat(added.out)
        .isEqualTo("10.0.0.4:7400 is a member\n  start placement --set placement.member-id=4\n");
    assertThat(asked().getMembers().getAdd()).isEqualTo("10.0.0.4:7400");
    assertThat(run("placement", "remove", "2", "--dry-run").out).startsWith("nothing was changed");
    assertThat(asked().getDryRun()).isTrue();
    assertThat(run("placement", "remove", "2").out).startsWith("member 2 leaves\n");
    assertThat(asked().getMembers().getRemove()).isEqualTo(2);
    assertThat(run("placement", "remove", "9").code).isEqualTo(5);
    assertThat(run("placement", "transfer", "3").out).isEqualTo("member 3 leads placement\n");
    assertThat(asked().getMembers().getTransfer()).isEqualTo(3);
  }

  @Test
  void jobs() {
    assertThat(run("job", "show", "7").code).isEqualTo(5);
    cluster.jobs().underWayFor(2);
    assertThat(run("job", "list").out)
        .isEqualTo(
            """
            JOB  SHARD  WHAT                                      BECAUSE
              7      1  replica 97 on node 3 replaces replica 11  node 1 is draining
            """);
    assertThat(run("job", "show", "7").out).contains("the group has not begun with it");
    assertThat(run("job", "show", "7").out).contains("done").contains("is in its place");
    JsonNode ended = run("job", "list", "--ended", "-o", "json").json();
    assertThat(ended.at("/0/end").asText()).isEqualTo("done");
    Run missing = run("job", "cancel", "7");
    assertThat(missing.code).isEqualTo(5);
    assertThat(missing.err).contains("there is no job 7");
  }

  @Test
  void cancel() {
    cluster.jobs().underWayFor(5);
    assertThat(run("job", "cancel", "7").out).endsWith("  no more orders are given\n");
    assertThat(asked().getCancel().getJob()).isEqualTo(7);
  }

  @Test
  void watch() {
    assertThat(run("job", "watch", "7").code).isEqualTo(5);
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
    assertThat(run("job", "watch").out).isEqualTo("no job is under way\n");
  }

  @Test
  void show() {
    assertThat(run("shard", "show", "1").out.lines()).hasSize(2);
    assertThat(run("shard", "show", "99").code).isEqualTo(5);
    assertThat(run("node", "show", "1").out.lines().count()).isEqualTo(2 + 1 + 9);
    assertThat(run("node", "show", "9").code).isEqualTo(5);
  }
}
