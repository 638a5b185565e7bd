package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.core.CoreConfig;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node that ends politely costs its shards no election timeout. */
@Timeout(120)
class NodeResigningTest {
  /** Half a minute at least: no timeout passes while this test looks on. */
  private static final RaftConfig PATIENT =
      RaftConfig.DEFAULT.withCore(
          new CoreConfig(1, 300, true, true, 256, 8L << 20, 1L << 20, 16L << 20, 256));

  private static final Duration BEFORE_ANY_TIMEOUT = Duration.ofSeconds(15);

  @TempDir Path directory;

  @Test
  void whatItLedIsLedByOthersAtOnce() throws Exception {
    try (ThreeNodes nodes = new ThreeNodes(directory, PATIENT)) {
      nodes.awaitLeaders();
      assertThat(nodes.leadersOn(nodes.node(1))).isPositive();
      nodes.stop(1);
      await().atMost(BEFORE_ANY_TIMEOUT).until(() -> nodes.leaders() == ThreeNodes.SHARDS);
      nodes.kill(2); // the last one would wait for who is gone
      nodes.kill(3);
    }
  }
}
