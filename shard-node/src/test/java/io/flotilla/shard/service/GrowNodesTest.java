package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Shards that are on one real node only, as after they were cut to a survivor, get more replicas.
 */
@Timeout(120)
class GrowNodesTest {
  private static final int KEYS = 40;

  @TempDir Path directory;
  private ThreeNodes nodes;

  @BeforeEach
  void open() throws Exception {
    nodes = new ThreeNodes(directory, RaftConfig.DEFAULT, 1);
    nodes.awaitLeaders();
  }

  @AfterEach
  void close() throws Exception {
    nodes.close();
  }

  private static String key(int i) {
    return (char) ('a' + i % 26) + "key" + i;
  }

  private void add(long node) {
    List<Long> shards = nodes.placement.shards().stream().map(Shard::getId).toList();
    shards.forEach(shard -> nodes.placement.add(shard, node));
  }

  private void awaitReplicas(Long... on) {
    await()
        .atMost(ThreeNodes.PATIENCE)
        .until(
            () ->
                nodes.placement.shards().stream()
                    .allMatch(shard -> votersOf(shard).equals(List.of(on))));
  }

  private static List<Long> votersOf(Shard shard) {
    return shard.getReplicasList().stream()
        .filter(replica -> replica.getRole() == ReplicaRole.VOTER)
        .map(Replica::getNode)
        .sorted()
        .toList();
  }

  @Test
  void whatHasGrownBackSurvivesTheLossOfWhoWasLeft() throws Exception {
    for (int i = 0; i < KEYS; i++) {
      nodes.client.put(key(i), "v" + i);
    }
    add(2);
    nodes.client.put("meanwhile", "1");
    awaitReplicas(1L, 2L);
    add(3);
    nodes.client.put("meanwhile", "2");
    awaitReplicas(1L, 2L, 3L);

    nodes.kill(1);
    for (int i = 0; i < KEYS; i++) {
      assertThat(nodes.client.get(key(i))).isEqualTo("v" + i);
    }
    assertThat(nodes.client.get("meanwhile")).isEqualTo("2");
    nodes.client.put("afterwards", "3");
    assertThat(nodes.client.get("afterwards")).isEqualTo("3");
  }

  /** Nobody votes before it has the log: the group does not wait for a node that is not there. */
  @Test
  void whoCannotLearnHoldsUpNothingAndIsTakenBack() throws Exception {
    nodes.kill(3);
    long learner = nodes.placement.add(100, 3);
    await().atMost(ThreeNodes.PATIENCE).until(() -> isLearner(learner));
    for (int i = 0; i < KEYS; i++) {
      nodes.client.put(key(i), "v" + i);
    }
    assertThat(isLearner(learner)).isTrue();
    nodes.placement.addNoMore(100);
    await().atMost(ThreeNodes.PATIENCE).until(() -> shard(100).getReplicasCount() == 1);
    nodes.start(3);
    nodes.placement.add(100, 2);
    await().atMost(ThreeNodes.PATIENCE).until(() -> votersOf(shard(100)).equals(List.of(1L, 2L)));
    assertThat(nodes.node(3).shards()).isEmpty();
    assertThat(nodes.client.get(key(1))).isEqualTo("v1");
  }

  private boolean isLearner(long replica) {
    return shard(100).getReplicasList().stream()
        .anyMatch(each -> each.getReplica() == replica && each.getRole() == ReplicaRole.LEARNER);
  }

  private Shard shard(long id) {
    return nodes.placement.shards().stream()
        .filter(shard -> shard.getId() == id)
        .findFirst()
        .orElseThrow();
  }
}
