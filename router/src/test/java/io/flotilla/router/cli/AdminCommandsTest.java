package io.flotilla.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.google.protobuf.ByteString;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.router.cli.Shell.Run;
import io.flotilla.router.client.FakeCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs that change where shards are, as a shell runs them. */
class AdminCommandsTest {
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
    assertThat(run("shard", "split", "1", "--at", "c").code()).isZero();
    assertThat(asked().getSplit().getAt())
        .isEqualTo(ByteString.copyFrom(new byte[] {0, 0, 0, 1, 'c'}));
    assertThat(run("shard", "split", "6", "--at", "1234", "--hex").code()).isZero();
    assertThat(asked().getSplit().getAt())
        .isEqualTo(ByteString.copyFrom(new byte[] {0, 0, 0, 2, 0x12, 0x34}));
    Run missing = run("shard", "split", "99", "--at", "c");
    assertThat(missing.code()).isEqualTo(5);
    assertThat(missing.err()).contains("there is no shard 99");
    Run dry = run("shard", "split", "3", "--dry-run");
    assertThat(asked().getDryRun()).isTrue();
    assertThat(dry.out()).contains("1 job, about 0 KiB to travel; nothing was begun");
  }

  /** What placement says of the same is in encoded keys. */
  @Test
  void whatDoesNotFitIsToldInTheCallersKeys() {
    Run outside = run("shard", "split", "2", "--at", "b");
    assertThat(outside.code()).isEqualTo(1);
    assertThat(outside.err())
        .isEqualTo(
            "flotilla: CONFLICT: key b is not inside of shard 2, which is [f, m) and keeps its"
                + " first key\n");
    assertThat(run("shard", "split", "2", "--at", "f").err()).contains("key f is not inside");
    assertThat(run("shard", "split", "4", "--at", "a").err()).contains("which is [t, ) and");
    assertThat(run("shard", "split", "5", "--at", "b").err())
        .contains("a hash keyspace is split between two slots only");
    assertThat(run("shard", "split", "5", "--at", "4000", "--hex").err())
        .contains("a hash keyspace is split between two slots only");
    assertThat(run("shard", "split", "5", "--at", "1234", "--hex").err())
        .contains("key \\x124 is not inside of shard 5, which is [, \\x10\\x00)");
  }

  @Test
  void whatIsNoNumberOrNoHexadecimalIsSaidSo(@TempDir Path directory) throws IOException {
    Path keys = Files.writeString(directory.resolve("keys"), "61\nxyz\n");
    String wrong = "flotilla: 'xyz' is not hexadecimal; allowed are pairs of 0-9 a-f\n";
    for (Run run :
        List.of(
            run("shard", "split", "2", "--at", "xyz", "--hex"),
            run("keyspace", "create", "new", "--split-keys", keys.toString(), "--hex"),
            run("scan", "--from", "xyz"))) {
      assertThat(run).isEqualTo(new Run(2, "", wrong));
    }
    assertThat(run("shard", "recover", "1", "abc"))
        .isEqualTo(
            new Run(2, "", "flotilla: 'abc' is no shard; allowed are numbers, as in shard list\n"));
    assertThat(run("job", "cancel", "7", "abc").err())
        .isEqualTo("flotilla: 'abc' is no job; allowed are numbers, as in job list\n");
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
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("shards 3 and 99 are not neighbours");
  }

  @Test
  void transfer() {
    Run json = run("shard", "transfer", "1", "--to", "2", "-o", "json");
    assertThat(json.json().at("/jobs/0/kind").asText()).isEqualTo("transfer");
    assertThat(json.json().at("/jobs/0/toNode").asLong()).isEqualTo(2);
    assertThat(json.json().at("/dryRun").asBoolean()).isFalse();
    assertThat(asked().getTransfer().getToNode()).isEqualTo(2);
    assertThat(run("shard", "transfer", "1").out()).contains("replica 12 on node 2 is to lead");
    assertThat(asked().getTransfer().getToNode()).isZero();
  }

  @Test
  void add() {
    assertThat(run("shard", "add", "-k", "default", "--count", "2").out())
        .isEqualTo("taken\n  the keyspace goes from 4 to 6 shards\n");
    assertThat(asked().getAddShards().getCount()).isEqualTo(2);
    assertThat(run("shard", "add", "-k", "default", "--count", "-1").err())
        .contains("--count is -1; allowed: 0 and more");
    assertThat(run("shard", "add", "--count", "1").code()).isEqualTo(2);
  }

  @Test
  void drainUndrainRemove() {
    assertThat(run("node", "drain", "1").out())
        .isEqualTo("node 1 is draining\n  node 2 holds a replica of shard 1 already\n");
    assertThat(run("node", "drain", "1", "--dry-run").out())
        .isEqualTo(
            """
            SHARD  WHAT                                       KIB  BECAUSE
                1  replica 97 on node 3 replaces replica 11  5120  node 1 is draining
            1 job, about 5,120 KiB to travel; nothing was begun
            """);
    assertThat(run("node", "undrain", "1").out()).isEqualTo("node 1 takes replicas again\n");
    Run refused = run("node", "remove", "1");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("node 1 cannot be removed: it holds 8 replicas");
  }

  @Test
  void why() {
    assertThat(run("shard", "why", "4").out()).isEqualTo("shard 4 is as it is\n");
    assertThat(run("node", "why", "2", "-o", "json").json().at("/0/rule").asText()).isEqualTo("is");
  }

  @Test
  void balance() {
    assertThat(run("balance", "off").out()).startsWith("balancing is off");
    assertThat(run("balance", "show").out())
        .isEqualTo("balancing is off\n  the cluster is as it is\n");
    assertThat(run("balance", "on").out()).isEqualTo("balancing is on\n");
    assertThat(run("balance", "show", "-o", "json").json().at("/balance").asBoolean()).isTrue();
  }

  @Test
  void statusSaysWhatIsOpen() {
    Run quiet = run("status");
    assertThat(quiet.out()).contains("map revision 3\n\nPLACEMENT");
    assertThat(run("status", "-o", "json").json().at("/balance").asBoolean()).isTrue();
    run("balance", "off");
    run("shard", "add", "-k", "default", "--count", "2");
    cluster.jobs().underWayFor(2);
    assertThat(run("status").out())
        .contains(
            """
            map revision 5
            balancing is off; balance on has placement even out by itself again
            1 job is under way; job list shows them
            keyspace default has 4 shards and is to have 6

            PLACEMENT\
            """);
    JsonNode json = run("status", "-o", "json").json();
    assertThat(json.at("/balance")).isEqualTo(BooleanNode.FALSE);
    assertThat(json.at("/jobs/0/id").asLong()).isEqualTo(7);
    assertThat(json.at("/goals/default").asInt()).isEqualTo(6);
  }

  @Test
  void placementMembers() {
    assertThat(run("placement", "members").out().lines().toList().get(1))
        .matches(" +1  127.0.0.1:[0-9]+  leader  alive +42");
    assertThat(run("placement", "members", "-o", "json").json().at("/0/applied").asLong())
        .isEqualTo(42);
    Run added = run("placement", "add", "10.0.0.4:7400");
    assertThat(added.out())
        .isEqualTo("10.0.0.4:7400 is a member\n  start placement --set placement.member-id=4\n");
    assertThat(asked().getMembers().getAdd()).isEqualTo("10.0.0.4:7400");
    assertThat(run("placement", "remove", "2", "--dry-run").out())
        .startsWith("nothing was changed");
    assertThat(asked().getDryRun()).isTrue();
    for (String verb : List.of("add", "remove")) {
      String whom = verb.equals("add") ? "10.0.0.4:7400" : "2";
      assertThat(run("placement", verb, whom, "--dry-run", "-o", "json").json().at("/dryRun"))
          .isEqualTo(BooleanNode.TRUE);
      assertThat(run("placement", verb, whom, "-o", "json").json().at("/dryRun"))
          .isEqualTo(BooleanNode.FALSE);
    }
    assertThat(run("placement", "remove", "2").out()).startsWith("member 2 leaves\n");
    assertThat(asked().getMembers().getRemove()).isEqualTo(2);
    assertThat(run("placement", "remove", "9").code()).isEqualTo(5);
    assertThat(run("placement", "transfer", "3").out()).isEqualTo("member 3 leads placement\n");
    assertThat(asked().getMembers().getTransfer()).isEqualTo(3);
  }

  @Test
  void show() {
    assertThat(run("shard", "show", "1").out().lines()).hasSize(2);
    assertThat(run("shard", "show", "99").code()).isEqualTo(5);
    assertThat(run("node", "show", "1").out().lines().count()).isEqualTo(2 + 1 + 9);
    assertThat(run("node", "show", "9").code()).isEqualTo(5);
  }
}
