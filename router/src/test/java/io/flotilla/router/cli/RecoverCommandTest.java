package io.flotilla.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.router.cli.Shell.Run;
import io.flotilla.router.client.FakeCluster;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a shell is told about shards whose majority is lost, and what it may do about them. */
class RecoverCommandTest {
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
  void whatIsLostIsToldAndNothingIsDone() {
    Run told = run("shard", "recover");
    assertThat(told.code()).isEqualTo(3);
    assertThat(told.out())
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
    assertThat(run("shard", "recover", "--unsafe", "--dry-run", "1").code())
        .as("shard 4 would be left as it is")
        .isEqualTo(3);
    assertThat(asked().getDryRun()).isTrue();
    Run json = run("shard", "recover", "-o", "json");
    assertThat(json.json().at("/lost/0/survivor").asLong()).isEqualTo(12);
    assertThat(json.json().at("/lost/0/replicas/2/fate").asText()).isEqualTo("dead");
    assertThat(json.json().at("/lost/0/replicas/2/lastIndex").isNull()).isTrue();
    assertThat(json.json().at("/obstacles/0").asText()).startsWith("shard 4 is not lost");
    Run refused = run("shard", "recover", "--unsafe", "2");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("shard 2 has its majority");
  }

  @Test
  void nobodyGivesUpAMajorityUnasked() {
    Run unasked = run("shard", "recover", "--unsafe");
    assertThat(unasked.code()).isEqualTo(2);
    assertThat(unasked.err()).contains("standard input is not a terminal that could be asked");
    assertThat(asked().getDryRun()).as("nothing was begun").isTrue();
  }

  @Test
  void whatWasToldIsWhatIsAskedFor() {
    Run done = run("shard", "recover", "--unsafe", "--yes");
    assertThat(asked().getDryRun()).isFalse();
    assertThat(asked().getRecover().getShardsList())
        .singleElement()
        .matches(each -> each.getShard() == 1 && each.getReplica() == 12);
    assertThat(done.code()).as("shard 4 still has to wait").isEqualTo(3);
    assertThat(done.err()).isEqualTo("1 of 1 shards serve again\n");
    assertThat(done.out())
        .contains(
            "with what they had.\nNode 1 cannot be removed yet: 7 shards have a replica there");
  }

  /** The other shards keep their majority on nodes 2, 4 and 5, which hold a replica of each. */
  @Test
  void aNodeThatStillHoldsReplicasIsNotToBeRemovedYet() {
    try (FakeCluster five = new FakeCluster(1, 5, "m")) {
      five.declareDead(1);
      five.declareDead(3);
      Run done = Shell.run(five, "shard", "recover", "--unsafe", "--yes");
      assertThat(done.out())
          .endsWith(
              """
              The dead nodes must not come back with what they had.
              Node 1 cannot be removed yet: 5 shards have a replica there.
              Node 3 cannot be removed yet: 5 shards have a replica there.
              First add 2 nodes: no node that is left may take what they hold. Then what they hold \
              is replaced by itself.
              Then node why says of each when it can be removed.
              """);
    }
  }

  @Test
  void whatIsLeftAsItIsMakesTheExitCode() {
    cluster.jobs().obstruct(false);
    assertThat(run("shard", "recover").code()).isEqualTo(3);
    assertThat(run("shard", "recover", "--dry-run").code()).isZero();
    assertThat(run("shard", "recover", "--unsafe", "--dry-run").code()).isZero();
    cluster.jobs().lose(1, 0);
    assertThat(run("shard", "recover").code()).isZero();
    cluster.jobs().obstruct(true);
    for (String option : List.of("--unsafe", "--dry-run", "--yes")) {
      Run left = run("shard", "recover", option);
      assertThat(left.code()).as(option).isEqualTo(3);
      assertThat(left.out()).endsWith("no shard can be recovered\n");
    }
  }

  /** Each would take as long as a call may, which is 20 s, one after the other. */
  @Test
  void whatCannotBeReadDoesNotMakeTheWaitLonger() {
    cluster.jobs().lose(1, 8);
    cluster.fallSilent(2);
    long begun = System.nanoTime();
    Run late = run("shard", "recover", "--unsafe", "--yes", "--wait", "300ms");
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(20));
    assertThat(late.code()).isEqualTo(1);
    assertThat(late.err()).contains("flotilla: not all in time");
  }

  @Test
  void whatFateANewerPlacementSpeaksOfIsNotTakenForDeath() {
    cluster.jobs().lose(1, 8);
    cluster.jobs().fateOfThird(9);
    Run done = run("shard", "recover", "--unsafe", "--yes");
    assertThat(done.out()).contains("    1       13     3  unknown  ");
    assertThat(done.out()).endsWith("remove them:\n  flotilla node remove 1\n");
  }

  @Test
  void nodesThatHoldNothingAreToBeRemoved() {
    cluster.jobs().lose(1, 8);
    assertThat(run("shard", "recover", "--unsafe", "--yes").out())
        .endsWith(
            """
            with what they had; remove them:
              flotilla node remove 1
              flotilla node remove 3
            """);
  }

  /** No log is applied to its end at a glance, and another leads, as it may. */
  @Test
  void aShardServesAlsoUnderLoad() {
    cluster.load();
    cluster.replenish(1);
    Run done = run("shard", "recover", "--unsafe", "--yes", "--wait", "5s");
    assertThat(done.err()).isEqualTo("1 of 1 shards serve again\n");
    assertThat(done.out()).contains("Node 3 cannot be removed yet: 7 shards have a replica there");
  }

  @Test
  void aShardWithItsOldMembersIsNotRecovered() {
    cluster.jobs().lose(1, 2);
    cluster.jobs().giveUp(2);
    Run part = run("shard", "recover", "--unsafe", "--yes");
    assertThat(part.code()).isEqualTo(3);
    assertThat(part.err())
        .isEqualTo(
            """
            shard 2: shard 2 came to epoch 2.5: its group is alive
            1 of 2 shards serve again
            """);
    cluster.jobs().lose(2, 2);
    Run none = run("shard", "recover", "--unsafe", "--yes");
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.out()).doesNotContain("node remove");
  }

  @Test
  void whatIsServedWithFewerReplicasThanAskedForIsDegraded() {
    assertThat(run("shard", "recover", "--unsafe", "--yes").code()).isEqualTo(3);
    Run alone = run("status");
    assertThat(alone.code()).isEqualTo(3);
    assertThat(alone.out())
        .startsWith(
            """
            degraded: can lose no further node of 3
              1 of 8 shards with fewer replicas than asked for, 2 lacking

            """);
    assertThat(run("keyspace", "create", "wide", "--shards", "2", "--replicas", "5").code())
        .isZero();
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
      Run part = Shell.run(large, "shard", "recover", "--unsafe", "--yes");
      assertThat(part.code()).isEqualTo(3);
      assertThat(part.err())
          .isEqualTo(
              """
              flotilla: CONFLICT: placement member %s: shard 101 has its majority
              99 of 99 shards serve again
              """
                  .formatted(large.placement().get(0)));
      assertThat(part.out())
          .endsWith(
              """
                shard 7 is at epoch 2.5, not 2.4
              Each that was recovered has one replica. The dead nodes must not come back with what \
              they had.
              Node 1 cannot be removed yet: 6 shards have a replica there.
              Node 3 cannot be removed yet: 6 shards have a replica there.
              Shards there without a majority, 6, come first: shard recover says what is in the \
              way.
              Then node why says of each when it can be removed.
              """);
      Run json = Shell.run(large, "shard", "recover", "--unsafe", "--yes", "8", "9", "-o", "json");
      assertThat(json.json().at("/lost/1/shard").asLong()).isEqualTo(9);
      assertThat(json.err()).contains("Node 3 cannot be removed yet");
    }
  }
}
