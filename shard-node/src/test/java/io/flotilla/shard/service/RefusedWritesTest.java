package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.CompareAndSet;
import io.flotilla.proto.kv.Operation;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.runtime.RuntimeLimits;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What weighs much in a log and next to nothing in the state. */
class RefusedWritesTest {
  private static final int WRITES = 30;
  private static final ByteString VALUE = ByteString.copyFrom(new byte[900_000]);

  @TempDir Path directory;

  @Test
  void aLogOfRefusedWritesIsCutToo() throws Exception {
    RaftConfig raft = RaftConfig.DEFAULT.withLimits(RuntimeLimits.DEFAULT.retaining(1 << 20));
    try (ThreeNodes nodes = new ThreeNodes(directory, raft)) {
      nodes.awaitLeaders();
      ByteString key = FakePlacement.key("a");
      for (int i = 0; i < WRITES; i++) {
        nodes.client.send(nodes.client.request(key, neverSet(key)).build());
      }
      long shard = nodes.client.shardOf(key).getId();
      for (int node = 1; node <= 3; node++) {
        ShardNode at = nodes.node(node);
        await()
            .atMost(ThreeNodes.PATIENCE)
            .untilAsserted(
                () -> assertThat(status(at, shard).firstIndex()).isGreaterThan(WRITES / 2));
      }
    }
  }

  private static Operation neverSet(ByteString key) {
    return Operation.newBuilder()
        .setCompareAndSet(
            CompareAndSet.newBuilder()
                .setKey(key)
                .setExpected(ByteString.copyFromUtf8("never"))
                .setValue(VALUE))
        .build();
  }

  private static GroupStatus status(ShardNode node, long shard) {
    return node.shards().stream()
        .filter(hosted -> hosted.descriptor().getId() == shard)
        .findFirst()
        .orElseThrow()
        .group()
        .status();
  }
}
