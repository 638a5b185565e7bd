package io.flotilla.deploy.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What is refused before anything starts. */
class StartCommandTest {
  private static final int USAGE = 2;

  @TempDir private Path directory;
  private final StringWriter err = new StringWriter();

  private String refused(String role, String... settings) {
    List<String> arguments = new ArrayList<>(List.of(role));
    for (String setting : settings) {
      arguments.add("--set");
      arguments.add(setting);
    }
    int code =
        new CommandLine(new StartCommand())
            .setErr(new PrintWriter(err, true))
            .execute(arguments.toArray(String[]::new));
    assertThat(code).isEqualTo(USAGE);
    assertThat(err.toString()).hasLineCount(1);
    return err.toString();
  }

  private String nodeRefused(String... settings) {
    List<String> all =
        new ArrayList<>(
            List.of("cluster.id=c", "data.dir=" + directory, "placement.endpoints=127.0.0.1:1"));
    all.addAll(List.of(settings));
    return refused("node", all.toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource({
    "placement, cluster.id, a b",
    "placement, placement.member-id, 2",
    "placement, placement.members, 1=x",
    "placement, placement.replicas, 0",
    "placement, placement.initial-shards, 0",
    "placement, placement.node-dead-seconds, 4",
    "placement, placement.node-steady-seconds, 0",
    "placement, placement.split-mebibytes, 0",
    "placement, placement.split-operations, -1",
    "placement, listen.port, 0",
    "node, limits.key-bytes-max, 65537",
    "node, limits.value-bytes-max, 8388609",
    "node, raft.loops, 65",
    "node, raft.apply-threads, 65",
    "node, raft.log-retain-bytes, 1",
    "node, state.write-buffer-bytes, 1",
    "node, state.cache-bytes, 1",
    "node, placement.endpoints, x",
    "node, node.labels, zone",
    "gateway, limits.key-bytes-max, 65537",
    "gateway, limits.value-bytes-max, 8388609",
    "gateway, redis.port, 65536",
    "gateway, redis.keyspace, ' '",
    "gateway, redis.threads, 65",
    "gateway, redis.connections-max, 0",
  })
  void aWrongValueIsToldByItsKey(String role, String key, String value) {
    List<String> all = new ArrayList<>(List.of("cluster.id=c"));
    if (role.equals("placement")) {
      all.addAll(List.of("placement.member-id=1", "placement.members=1=127.0.0.1:1"));
    } else {
      all.add("placement.endpoints=127.0.0.1:1");
    }
    if (!role.equals("gateway")) {
      all.addAll(List.of("data.dir=" + directory, "listen.host=127.0.0.1"));
    }
    all.add(key + "=" + value);
    assertThat(refused(role, all.toArray(String[]::new))).contains(key).contains("allowed: ");
  }

  @Test
  void aNodeThatListensEverywhereMustSayWhereItIs() {
    assertThat(nodeRefused())
        .isEqualToIgnoringNewLines(
            "flotilla: advertise.address is not given, and listen.host is 0.0.0.0; allowed: a"
                + " host:port that others reach this node by, unless listen.host is one");
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, 0.0.0.0:7410",
    "127.0.0.1, 0.0.0.0:7410",
    "127.0.0.1, [::]:7410",
    "127.0.0.1, node-1",
    "'::', ''",
    "0, ''"
  })
  void anAddressThatReachesNobodyIsRefused(String host, String advertised) {
    assertThat(nodeRefused("listen.host=" + host, "advertise.address=" + advertised))
        .contains("advertise.address")
        .contains("host:port");
  }

  /** A node may hear that it was removed before anything could wait for its end. */
  @Test
  void whoIsRemovedIsClosedAndEndsByACodeOfItsOwn() throws Exception {
    AtomicInteger closed = new AtomicInteger();
    AutoCloseable server =
        () -> {
          closed.incrementAndGet();
          throw new IllegalStateException("the code must not depend on it");
        };
    StartCommand.Role role =
        new StartCommand.Role(
            List.of(),
            (settings, removed) -> {
              removed.accept("node 4 was removed");
              removed.accept("node 4 was removed");
              return server;
            });
    assertThat(new StartCommand.Options().run(role)).isEqualTo(StartCommand.REMOVED);
    assertThat(closed).hasValue(1);
  }
}
