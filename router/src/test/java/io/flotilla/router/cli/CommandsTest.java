package io.flotilla.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.router.cli.Shell.Run;
import io.flotilla.router.client.FakeCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as a shell runs them. */
class CommandsTest {
  private final FakeCluster cluster = new FakeCluster(3, 3, "f", "m", "t");

  @AfterEach
  void close() {
    cluster.close();
  }

  private Run run(String... args) {
    return Shell.run(cluster, args);
  }

  private void fails(Run run, int code, String message) {
    assertThat(run.code()).as(run.toString()).isEqualTo(code);
    assertThat(run.err().lines()).hasSize(1).first().asString().contains(message);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void putGetDelete() {
    assertThat(run("put", "a", "one")).isEqualTo(new Run(0, "ok\n", ""));
    assertThat(run("get", "a")).isEqualTo(new Run(0, "one\n", ""));
    assertThat(run("get", "a", "-o", "json").json().toString())
        .isEqualTo("{\"key\":\"a\",\"value\":\"one\"}");
    assertThat(run("delete", "a", "b")).isEqualTo(new Run(0, "deleted 1\n", ""));
    fails(run("get", "a"), 5, "flotilla: not found: a");
    assertThat(run("delete", "a")).isEqualTo(new Run(5, "deleted 0\n", ""));
  }

  @Test
  void conditions() {
    fails(run("put", "--if-present", "a", "1"), 1, "not written: the key is absent");
    assertThat(run("put", "--if-absent", "a", "1").code()).isZero();
    fails(run("put", "--if-absent", "a", "2"), 1, "not written: the key exists");
    assertThat(run("put", "--if-absent", "--if-present", "a", "2").code()).isEqualTo(2);
  }

  @Test
  void hexadecimalKeysAndValues() {
    assertThat(run("put", "--hex", "00ff", "8041").code()).isZero();
    assertThat(run("get", "--hex", "00ff").out()).isEqualTo("8041\n");
    assertThat(run("get", "--hex", "00ff", "-o", "json").json().toString())
        .isEqualTo("{\"keyHex\":\"00ff\",\"valueHex\":\"8041\"}");
    assertThat(run("scan").out()).isEqualTo("KEY       VALUE\n\\x00\\xff  \\x80A\n");
    fails(run("get", "--hex", "xyz"), 2, "'xyz' is not hexadecimal; allowed are pairs of 0-9 a-f");
  }

  @Test
  void scans() {
    for (String key : List.of("a1", "a2", "g1", "z1")) {
      assertThat(run("put", key, "v-" + key).code()).isZero();
    }
    assertThat(run("scan").out())
        .isEqualTo("KEY  VALUE\na1   v-a1\na2   v-a2\ng1   v-g1\nz1   v-z1\n");
    assertThat(run("scan", "--keys-only", "--reverse").out()).isEqualTo("z1\ng1\na2\na1\n");
    assertThat(run("scan", "--prefix", "a", "--count").out()).isEqualTo("2\n");
    assertThat(run("scan", "--start", "a2", "--end", "z", "--keys-only").out())
        .isEqualTo("a2\ng1\n");
    Run first = run("scan", "--limit", "2", "--keys-only");
    assertThat(first.out()).isEqualTo("a1\na2\n");
    String token = first.err().trim().replaceAll(".* ", "");
    assertThat(run("scan", "--keys-only", "--from", token).out()).isEqualTo("g1\nz1\n");
    JsonNode json = run("scan", "--limit", "1", "-o", "json").json();
    assertThat(json.at("/entries/0/value").asText()).isEqualTo("v-a1");
    assertThat(json.at("/next").asText()).isNotEmpty();
    fails(run("scan", "--prefix", "a", "--start", "b"), 2, "--prefix goes with neither");
    fails(run("scan", "--limit", "0"), 2, "limit of a scan is 0; allowed: 1 to 10000");
    fails(run("scan", "-k", "redis", "--prefix", "a"), 1, "cannot be scanned by prefix");
  }

  @Test
  void readLevels() {
    assertThat(run("put", "a", "one").code()).isZero();
    for (String level : List.of("linearizable", "follower", "session", "FOLLOWER")) {
      assertThat(run("get", "a", "--read-level", level)).isEqualTo(new Run(0, "one\n", ""));
    }
    assertThat(run("get", "a", "--read-level", "stale"))
        .isEqualTo(new Run(0, "one\n", "flotilla: at most 3 ms old\n"));
    assertThat(
            run("get", "a", "--read-level", "stale", "--max-staleness", "5s", "-o", "json")
                .json()
                .toString())
        .isEqualTo("{\"key\":\"a\",\"value\":\"one\",\"ageMillis\":3}");
    Run scanned = run("scan", "--read-level", "stale");
    assertThat(scanned.out()).isEqualTo("KEY  VALUE\na    one\n");
    assertThat(scanned.err()).isEqualTo("flotilla: at most 3 ms old\n");
    JsonNode json = run("scan", "--read-level", "stale", "-o", "json").json();
    assertThat(json.at("/ageMillis").asLong()).isEqualTo(3);
    assertThat(run("scan", "-o", "json").json().has("ageMillis")).isFalse();
    assertThat(run("scan", "--read-level", "session", "--count").out()).isEqualTo("1\n");
    for (String unknown : List.of("lease", "eventual")) {
      fails(
          Shell.bare("get", "a", "--read-level", unknown),
          2,
          "--read-level': expected one of [LINEARIZABLE, FOLLOWER, SESSION, STALE]"
              + " (case-insensitive) but was '"
              + unknown
              + "'");
    }
    fails(
        Shell.bare("scan", "--max-staleness", "1s"),
        2,
        "--max-staleness goes only with --read-level stale");
    fails(
        Shell.bare("load", "--read-level", "stale", "--max-staleness", "0ms"),
        2,
        "max-staleness is PT0S; allowed: 1 ms to 365 days");
    json =
        run(
                "load",
                "--read-level",
                "stale",
                "--max-staleness",
                "1m",
                "--keys",
                "50",
                "--operations",
                "200",
                "--warmup",
                "0ms",
                "-o",
                "json")
            .json();
    assertThat(json.at("/config/reads").asText()).isEqualTo("STALE within PT1M");
    assertThat(json.at("/report/errors")).isEmpty();
  }

  @Test
  void statusSaysHealthFirst() {
    Run healthy = run("status");
    assertThat(healthy.code()).isZero();
    assertThat(healthy.out()).startsWith("healthy: can lose 1 of 3 nodes\n");
    assertThat(healthy.out()).contains("cluster fake, map revision ");
    assertThat(healthy.out().lines())
        .anyMatch(line -> line.matches("PLACEMENT  ADDRESS +ROLE +STATE +APPLIED"))
        .anyMatch(line -> line.matches(" +1  127\\.0\\.0\\.1:\\d+ +leader +alive +42"))
        .anyMatch(line -> line.matches(" +2  127\\.0\\.0\\.1:\\d+ +alive +8 +3 +0\\.1 s  zone=z2"))
        .anyMatch(line -> line.matches("default +range +4 +4 +12 +12"));
    JsonNode json = run("status", "-o", "json").json();
    assertThat(json.at("/health/level").asText()).isEqualTo("HEALTHY");
    assertThat(json.at("/shards")).hasSize(8);
  }

  @Test
  void aNodeThatOnlyPlacementCannotReachIsNamedSo() {
    cluster.declareUnreachable(2);
    Run status = run("status");
    assertThat(status.code()).as("it may well lead, and is no outage").isEqualTo(3);
    assertThat(status.out())
        .contains("3 of 8 shards that may be led where placement does not hear it")
        .contains("silent for 34.6 s towards placement, but heard by 2 others");
    assertThat(run("node", "list").out())
        .contains("unreachable from placement, heard by 2 others")
        .doesNotContain("silent");
    assertThat(run("node", "list", "-o", "json").json().at("/1/heardBy").asInt()).isEqualTo(2);
  }

  @Test
  void whatIsLostOnANodeThatLivesCountsAsMissing() {
    cluster.declareLost(2, 3);
    Run run = run("status");
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out())
        .startsWith("degraded: can lose no further node of 3\n")
        .contains("3 of 8 shards with a replica missing")
        .containsPattern("node 2 \\(.*\\) is alive, but has lost 3 of its replicas");
    assertThat(run.out().lines())
        .as("nine of twelve take part")
        .anyMatch(line -> line.matches("default +range +4 +4 +12 +9"));
    assertThat(run("shard", "list").out().lines())
        .filteredOn(line -> line.matches(".* 2\\*?x .*"))
        .hasSize(3);
    assertThat(run("shard", "list", "-o", "json").json().at("/0/replicas/1/lost").asBoolean())
        .isTrue();
    cluster.declareLost(3, 1);
    assertThat(run("status").out())
        .startsWith("unavailable: 1 of 8 shards without a majority of replicas alive\n");
  }

  @Test
  void aDeadNodeIsReportedByWordAndCode() {
    cluster.declareDead(2);
    Run run = run("status");
    assertThat(run.code()).isIn(3, 4);
    assertThat(run.out()).contains("silent for 34.6 s");
    cluster.declareDead(3);
    Run worse = run("status");
    assertThat(worse.code()).isEqualTo(4);
    assertThat(worse.out())
        .startsWith("unavailable: 8 of 8 shards without a majority of replicas alive\n");
    assertThat(run("node", "list").out().lines().filter(line -> line.contains("silent")))
        .hasSize(2);
  }

  @Test
  void nodesAndShards() {
    assertThat(run("node", "list").out().lines()).hasSize(4);
    assertThat(run("node", "list", "-o", "json").json()).hasSize(3);
    assertThat(run("shard", "list").out().lines()).hasSize(9);
    assertThat(run("shard", "list", "-k", "redis").out().lines()).hasSize(5);
    assertThat(run("shard", "list", "-o", "json").json().at("/1/startHex").asText())
        .isEqualTo("66");
    cluster.split("b");
    assertThat(run("shard", "list", "-k", "default").out().lines().toList().get(2))
        .as("in the order of keys")
        .matches(" +9 +default +b +f .*");
    fails(run("shard", "list", "-k", "nope"), 5, "there is no keyspace \"nope\"");
    Run located = run("shard", "locate", "g");
    assertThat(located.out().lines().toList().get(1))
        .matches(" +2 +default +f +m +1\\.1 +3 .*1 2 3\\*.*");
    assertThat(run("shard", "locate", "g", "-o", "json").json().at("/id").asInt()).isEqualTo(2);
    fails(run("shard", "locate", "-k", "nope", "g"), 5, "there is no keyspace \"nope\"");
  }

  @Test
  void keyspaces(@TempDir Path dir) throws IOException {
    assertThat(run("keyspace", "list").out())
        .isEqualTo(
            """
            ID  KEYSPACE  PARTITIONING  SHARDS
             1  default   range              4
             2  redis     hash               4
            """);
    assertThat(run("keyspace", "create", "h", "--partition", "hash", "--shards", "8").out())
        .isEqualTo("created h with 8 shards\n");
    Path splits = Files.writeString(dir.resolve("splits"), "b\nm\n\nx\n");
    assertThat(run("keyspace", "create", "r", "--split-keys", splits.toString()).out())
        .isEqualTo("created r with 4 shards\n");
    assertThat(run("put", "-k", "r", "a", "1").code()).isZero();
    assertThat(run("keyspace", "list", "-o", "json").json()).hasSize(4);
    assertThat(run("keyspace", "create", "even", "--shards", "1", "--replicas", "2").out())
        .isEqualTo("created even with 1 shards\n  3 replicas are better than 2\n");
    assertThat(
            run("keyspace", "create", "two", "--replicas", "2", "-o", "json")
                .json()
                .get("notes")
                .get(0)
                .asText())
        .isEqualTo("3 replicas are better than 2");
    fails(run("keyspace", "create", "r"), 1, "CONFLICT");
    Files.writeString(splits, "m\nb\n");
    fails(
        run("keyspace", "create", "s", "--split-keys", splits.toString()),
        2,
        "line 2: split keys must ascend, and b does not");
    fails(run("keyspace", "create", "s", "--split-keys", dir + "/none"), 1, "NoSuchFile");
  }

  @Test
  void aReplicaIsMoved() {
    assertThat(run("shard", "move", "2", "--from", "1", "--to", "3").out())
        .isEqualTo(
            """
            JOB  SHARD  WHAT                                        BECAUSE
              8      2  replica 1000 on node 3 replaces replica 21  asked for
            """);
    Run plan = run("shard", "move", "2", "--from", "1", "--to", "3", "--dry-run");
    assertThat(plan.out())
        .isEqualTo(
            """
            SHARD  WHAT                                        KIB  BECAUSE
                2  replica 1000 on node 3 replaces replica 21    4  asked for
            1 job, about 4 KiB to travel; nothing was begun
            """);
  }

  @Test
  void aMoveOfWhatIsNotThereHasItsOwnCode() {
    fails(run("shard", "move", "999", "--from", "1"), 5, "there is no shard 999");
    fails(run("shard", "move", "2", "--from", "77"), 5, "there is no node 77");
    fails(run("shard", "move", "2", "--from", "1", "--to", "99"), 5, "there is no node 99");
    fails(run("shard", "move", "999", "--from", "1", "--dry-run"), 5, "there is no shard 999");
  }

  @Test
  void wrongCommandLinesGetOneLineAndTheirOwnCode() {
    fails(Shell.bare(), 2, "a command is missing");
    fails(Shell.bare("frobnicate"), 2, "frobnicate");
    fails(Shell.bare("get"), 2, "KEY");
    fails(Shell.bare("get", "a", "--frob"), 2, "--frob");
    fails(Shell.bare("get", "a", "--timeout", "soon"), 2, "allowed are numbers with ms, s, m or h");
    fails(Shell.bare("get", "a", "--endpoints", "nowhere"), 2, "nowhere; allowed: host:port");
    fails(Shell.bare("get", "a", "--output", "xml"), 2, "xml");
    assertThat(Shell.bare("get", "--help").out())
        .contains("--keyspace")
        .contains("Usage: flotilla get");
    assertThat(Shell.bare("--help").out())
        .contains("Exit codes:")
        .contains("status")
        .contains("load");
    assertThat(Shell.bare("--version").out()).startsWith("flotilla ");
  }

  @Test
  void nobodyThereIsItsOwnCode() {
    List<String> gone = cluster.placement();
    cluster.close();
    String endpoints = String.join(",", gone);
    fails(Shell.bare("get", "a", "-e", endpoints, "--timeout", "300ms"), 4, "UNAVAILABLE");
    fails(Shell.bare("status", "-e", endpoints, "--timeout", "300ms"), 4, "UNAVAILABLE");
  }

  @Test
  void anotherClusterIsRefused() {
    fails(run("status", "--cluster", "other"), 1, "belongs to cluster fake");
  }

  @Test
  void loads() {
    Run table = run("load", "--keys", "100", "--operations", "2000", "--warmup", "50ms", "-c", "8");
    assertThat(table.code()).as(table.toString()).isZero();
    assertThat(table.out()).startsWith("2,000 operations in ");
    assertThat(table.out().lines())
        .anyMatch(line -> line.startsWith("reads "))
        .anyMatch(line -> line.startsWith("writes "))
        .anyMatch(line -> line.startsWith("longest gap "))
        .anyMatch(line -> line.startsWith("errors       none"));
    JsonNode json =
        run(
                "load",
                "--workload",
                "c",
                "--keys",
                "50",
                "--duration",
                "300ms",
                "--warmup",
                "0ms",
                "-o",
                "json")
            .json();
    assertThat(json.at("/report/reads/count").asLong()).isPositive();
    assertThat(json.at("/report/writes/count").asLong()).isZero();
    assertThat(json.at("/report/errors")).isEmpty();
    assertThat(json.at("/config/zipfian").asBoolean()).isTrue();
    fails(run("load", "--read-share", "2"), 2, "read-share is 2.0; allowed: 0 to 1");
    fails(run("load", "-k", "nope"), 5, "there is no keyspace \"nope\"");
  }
}
