package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.files.FileSnapshotStore;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.Transport;
import io.flotilla.raft.rocksdb.RocksLogConfig;
import io.flotilla.raft.rocksdb.RocksLogStore;
import io.flotilla.raft.runtime.RaftListener;
import io.flotilla.raft.runtime.RaftRuntime;
import io.flotilla.raft.runtime.RuntimePorts;
import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.runtime.SnapshotPorts;
import io.flotilla.raft.runtime.SnapshotSendConfig;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcServer;
import io.flotilla.shard.host.NodeTable;
import io.flotilla.shard.host.ShardHost;
import io.flotilla.shard.kv.KvRound;
import io.flotilla.shard.kv.KvStore;
import io.flotilla.shard.kv.KvStoreConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Three nodes with one shard, in which a node can be cut off from its peers and is still asked by
 * clients. All is real but the peers' network, which is within the process.
 */
final class CutOffNodes implements AutoCloseable {
  private static final String CLUSTER = "cut-off-test";
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Map<Long, RaftRuntime<KvRound>> runtimes = new ConcurrentHashMap<>();
  private final Set<Long> cutOff = ConcurrentHashMap.newKeySet();
  private final List<Throwable> fatal = new CopyOnWriteArrayList<>();
  private final NetThreads threads = new NetThreads(2, "cut-off");
  private final NodeTable table = new NodeTable();
  private final List<ShardHost> hosts = new ArrayList<>();
  private final Parts parts = new Parts();
  final Shard shard =
      Shard.newBuilder()
          .setId(100)
          .setKeyspace(FakePlacement.KEYSPACE)
          .setStart(FakePlacement.key(""))
          .setEnd(ByteString.copyFrom(new byte[] {0, 0, 0, 2}))
          .setEpoch(Epoch.newBuilder().setVersion(1).setConfVersion(1))
          .addReplicas(Replica.newBuilder().setNode(1).setReplica(1001))
          .addReplicas(Replica.newBuilder().setNode(2).setReplica(1002))
          .addReplicas(Replica.newBuilder().setNode(3).setReplica(1003))
          .setPreferredLeader(1001)
          .build();
  final TestClient client;

  CutOffNodes(Path directory) throws IOException {
    parts.add(threads);
    for (long node = 1; node <= 3; node++) {
      start(node, directory.resolve("node" + node));
    }
    client = new TestClient(CLUSTER, () -> List.of(shard), () -> List.copyOf(table.all().values()));
    await().atMost(PATIENCE).until(() -> leader() != 0);
  }

  private void start(long node, Path directory) throws IOException {
    KvStore states = parts.add(KvStore.open(directory.resolve("state"), KvStoreConfig.DEFAULT));
    LogStore log =
        parts.add(RocksLogStore.open(directory.resolve("log"), RocksLogConfig.DEFAULT, fatal::add));
    RaftRuntime<KvRound> runtime =
        parts.add(
            new RaftRuntime<>(
                RaftConfig.DEFAULT.withTick(Duration.ofMillis(20)).of(new NodeId(node)),
                new RuntimePorts<>(
                    log,
                    transport(node),
                    states,
                    snapshots(node, directory.resolve("snapshots")),
                    System::nanoTime,
                    System::currentTimeMillis,
                    (min, max) -> ThreadLocalRandom.current().nextInt(min, max + 1),
                    RaftListener.NONE,
                    fatal::add)));
    runtimes.put(node, runtime);
    runtime.start();
    ShardHost host = new ShardHost(node, states, runtime::open, Runnable::run, fatal::add);
    host.offer(List.of(shard));
    hosts.add(host);
    ReadPool pool = parts.add(new ReadPool(2, 1000));
    RpcServer server = parts.add(new RpcServer(threads, new Hello(CLUSTER, Hello.Role.NODE, node)));
    new KvService(
            host,
            table,
            pool,
            ServiceConfig.DEFAULT,
            Clocks.of(System::currentTimeMillis),
            fatal::add)
        .handleOn(server);
    table.put(node, "127.0.0.1:" + server.listen("127.0.0.1", 0));
  }

  private Transport transport(long from) {
    return parcels -> {
      for (RaftParcel parcel : parcels) {
        long to = parcel.toNode().value();
        RaftRuntime<KvRound> receiver = runtimes.get(to);
        if (receiver != null && !cutOff.contains(from) && !cutOff.contains(to)) {
          receiver.receive(List.of(parcel));
        }
      }
    };
  }

  private SnapshotPorts snapshots(long from, Path directory) throws IOException {
    return new SnapshotPorts(
        FileSnapshotStore.open(directory),
        (node, request, reply) -> {
          RaftRuntime<KvRound> asked = runtimes.get(node.value());
          if (asked == null || cutOff.contains(from) || cutOff.contains(node.value())) {
            reply.accept(new SnapshotReply.Refused(SnapshotReply.Reason.LOST));
          } else {
            asked.snapshotServer().serve(new NodeId(from), request, reply);
          }
        },
        SnapshotSendConfig.DEFAULT,
        SnapshotFetchConfig.DEFAULT,
        new SecureRandom());
  }

  /** The node that knows that it leads; 0 if none does. */
  long leader() {
    for (int node = 1; node <= 3; node++) {
      if (hosts.get(node - 1).find(shard.getId()).group().status().role() == RoleName.LEADER) {
        return node;
      }
    }
    return 0;
  }

  /** A node that follows. */
  long follower() {
    return leader() % 3 + 1;
  }

  String address(long node) {
    return table.address(node).orElseThrow();
  }

  /** From now on its peers do not hear it, nor it them. */
  void cutOff(long node) {
    cutOff.add(node);
  }

  void heal(long node) {
    cutOff.remove(node);
  }

  @Override
  public void close() throws IOException {
    client.close();
    parts.close();
    assertThat(fatal).isEmpty();
  }
}
