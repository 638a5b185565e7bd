package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.runtime.RuntimeLimits;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real nodes whose logs are short: whoever was away comes back through a snapshot. */
class SnapshotReturnTest {
  private static final int KEYS = 40;
  private static final long RETAINED = 64 << 10;

  @TempDir Path directory;
  private ThreeNodes nodes;
  private TestClient client;

  @BeforeEach
  void open() throws Exception {
    nodes =
        new ThreeNodes(
            directory, RaftConfig.DEFAULT.withLimits(RuntimeLimits.DEFAULT.retaining(RETAINED)));
    client = nodes.client;
  }

  @AfterEach
  void close() throws Exception {
    nodes.close();
  }

  @Test
  void whoWasAwayForLongComesBackThroughASnapshotAndTwiceIsAsGoodAsOnce() throws Exception {
    write(0);
    nodes.awaitLeaders();
    for (int round = 1; round <= 2; round++) {
      nodes.kill(3);
      List<Long> before = lastIndexes(1);
      for (int i = 1; i <= 6; i++) {
        write(10 * round + i);
      }
      await()
          .atMost(ThreeNodes.PATIENCE)
          .until(() -> allAbove(firstIndexes(1), before) && allAbove(firstIndexes(2), before));
      long terms = terms();
      nodes.start(3);
      nodes.awaitApplied();
      assertThat(allAbove(firstIndexes(3), before)).as("its logs begin behind a snapshot").isTrue();
      assertThat(terms()).as("nobody campaigned because of it").isEqualTo(terms);
    }
    nodes.kill(1); // so that what came back is needed
    verify(26);
    nodes.kill(3);
    nodes.start(3); // its states are those that its logs name
    verify(26);
    assertThat(client.increment("counter").getNumber()).isEqualTo(1);
  }

  private long terms() {
    return nodes.node(1).statuses().stream().mapToLong(GroupStatus::term).sum();
  }

  private List<Long> firstIndexes(int node) {
    return nodes.node(node).statuses().stream().map(GroupStatus::firstIndex).toList();
  }

  private List<Long> lastIndexes(int node) {
    return nodes.node(node).statuses().stream().map(GroupStatus::lastIndex).toList();
  }

  private static boolean allAbove(List<Long> some, List<Long> others) {
    for (int i = 0; i < some.size(); i++) {
      if (some.get(i) <= others.get(i)) {
        return false;
      }
    }
    return true;
  }

  private void write(int version) {
    for (int i = 0; i < KEYS; i++) {
      client.put(key(i), value(version));
    }
  }

  private void verify(int version) {
    for (int i = 0; i < KEYS; i++) {
      assertThat(client.get(key(i))).isEqualTo(value(version));
    }
  }

  private static String value(int version) {
    return (version + "-").repeat(8_000);
  }

  private static String key(int i) {
    return (char) ('a' + i % 26) + "key" + i;
  }
}
