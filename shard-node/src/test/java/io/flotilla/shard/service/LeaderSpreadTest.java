package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.raft.core.CoreConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shards begin with the leaders they are meant to have, and placement hears of it. */
class LeaderSpreadTest {
  /** Nobody's timeout passes before the preferred replicas have reached the others. */
  private static final RaftConfig PATIENT =
      RaftConfig.DEFAULT.withCore(
          new CoreConfig(1, 100, true, true, 256, 8L << 20, 1L << 20, 16L << 20, 256));

  @TempDir Path directory;
  private ThreeNodes nodes;

  @BeforeEach
  void open() throws IOException {
    nodes = new ThreeNodes(directory, PATIENT);
  }

  @AfterEach
  void close() throws IOException {
    nodes.close();
  }

  @Test
  void preferredReplicasLeadFirstAndAreReported() {
    nodes.awaitLeaders();
    assertThat(nodes.leadersOn(nodes.node(1))).isEqualTo(2);
    assertThat(nodes.leadersOn(nodes.node(2))).isEqualTo(1);
    assertThat(nodes.leadersOn(nodes.node(3))).isEqualTo(1);
    await()
        .atMost(ThreeNodes.PATIENCE)
        .until(
            () ->
                nodes.placement.reports().stream()
                        .flatMap(report -> report.getShardsList().stream())
                        .filter(ShardReport::getLeader)
                        .map(ShardReport::getShard)
                        .distinct()
                        .count()
                    == ThreeNodes.SHARDS);
  }

  @Test
  void onlyWhatChangesIsReported() {
    nodes.client.put("k", "v");
    await().atMost(ThreeNodes.PATIENCE).until(() -> reports().size() >= 3);
    assertThat(reports().get(0).getComplete()).isTrue();
    assertThat(reports()).anyMatch(report -> !report.getComplete());
    await()
        .atMost(ThreeNodes.PATIENCE)
        .until(() -> reports().get(reports().size() - 1).getShardsCount() == 0);
  }

  private List<ReportRequest> reports() {
    return nodes.placement.reports().stream()
        .filter(report -> report.getNode() == nodes.node(1).nodeId())
        .toList();
  }
}
