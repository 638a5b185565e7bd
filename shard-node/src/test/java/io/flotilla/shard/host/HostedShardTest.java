package io.flotilla.shard.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.port.StorageException;
import io.flotilla.shard.kv.KvStateMachine;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostedShardTest {
  private static final Shard DESCRIPTOR =
      Shard.newBuilder()
          .setId(7)
          .setStart(ByteString.copyFromUtf8("b"))
          .setEnd(ByteString.copyFromUtf8("y"))
          .setEpoch(Epoch.newBuilder().setVersion(3).setConfVersion(5))
          .addReplicas(Replica.newBuilder().setNode(1).setReplica(71))
          .addReplicas(Replica.newBuilder().setNode(2).setReplica(72))
          .build();

  @TempDir Path directory;
  private KvStore store;
  private HostedShard shard;

  @BeforeEach
  void open() throws StorageException {
    store = KvStore.open(directory, KvStoreConfig.DEFAULT);
    long generation = store.create(List.of(DESCRIPTOR), 0).get(0);
    shard =
        new HostedShard(
            KvStateMachine.open(store, 7, generation), new HeldGroup(), ShardLoad.ofThisProcess());
  }

  @AfterEach
  void close() throws StorageException {
    store.close();
  }

  /** An older map leads to keys that are no longer here; a newer one to what is not here yet. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 4, Long.MAX_VALUE, -1})
  void refusesWhatAnyOtherVersionHasRouted(long version) {
    assertThat(shard.isOf(Epoch.newBuilder().setVersion(version).setConfVersion(5).build()))
        .isFalse();
  }

  /** Which replicas there are does not matter to who asks the right keys. */
  @ParameterizedTest
  @ValueSource(longs = {0, 4, 5, 6})
  void takesItsOwnVersionWithWhateverReplicas(long confVersion) {
    assertThat(shard.isOf(Epoch.newBuilder().setVersion(3).setConfVersion(confVersion).build()))
        .isTrue();
  }

  @Test
  void knowsWhereItsReplicasAre() {
    assertThat(shard.nodeOf(72)).isEqualTo(2);
    assertThat(shard.nodeOf(2)).isZero();
  }
}
