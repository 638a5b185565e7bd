package io.flotilla.raft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.port.StorageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Whole runtimes in one process: real threads, real logs, a network of method calls. */
abstract class RuntimeCluster {
  @TempDir Path dir;
  final Loopback network = new Loopback();
  final Map<Long, TestNode> nodes = new TreeMap<>();
  RuntimeLimits limits = TestNode.LIMITS;

  @BeforeEach
  void patience() {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
    Awaitility.setDefaultPollInterval(Duration.ofMillis(5));
  }

  @AfterEach
  void closeAll() throws StorageException {
    for (TestNode node : nodes.values()) {
      node.close();
    }
  }

  void startAll(int count, int groups) throws Exception {
    for (long node = 1; node <= count; node++) {
      start(node, count, groups);
    }
  }

  TestNode start(long id, int count, int groups) throws Exception {
    TestNode node = new TestNode(id, dir, network, limits, RaftListener.NONE);
    nodes.put(id, node);
    for (long group = 1; group <= groups; group++) {
      node.open(group, count, group % count == id - 1);
    }
    return node;
  }

  void kill(long id) throws StorageException {
    network.cutOff(nodes.get(id).id);
    nodes.remove(id).close();
  }

  /** The node that leads the group and knows it. */
  TestNode leader(long group) {
    return await()
        .pollDelay(Duration.ZERO)
        .until(
            () ->
                nodes.values().stream()
                    .filter(node -> isLeader(node.group(group).status()))
                    .max((a, b) -> Long.compare(term(a, group), term(b, group))),
            Optional::isPresent)
        .orElseThrow();
  }

  static boolean isLeader(GroupStatus status) {
    return status.role() == RoleName.LEADER;
  }

  private static long term(TestNode node, long group) {
    return node.group(group).status().term();
  }

  /** Proposes at whoever leads until it is acknowledged; may so happen more than once. */
  void proposeUntilDone(long group, String command) {
    await().pollDelay(Duration.ZERO).until(() -> isDone(group, command));
  }

  private boolean isDone(long group, String command) throws Exception {
    try {
      leader(group).propose(group, command).get(5, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException e) {
      assertThat(e).hasCauseInstanceOf(RaftException.class);
      return false;
    }
  }

  void awaitSameEverywhere(int groups) {
    for (long group = 1; group <= groups; group++) {
      long id = group;
      await()
          .untilAsserted(
              () ->
                  assertThat(nodes.values())
                      .extracting(node -> node.journal(id).commands())
                      .allSatisfy(
                          commands ->
                              assertThat(commands)
                                  .isEqualTo(
                                      nodes.values().iterator().next().journal(id).commands())));
    }
  }
}
