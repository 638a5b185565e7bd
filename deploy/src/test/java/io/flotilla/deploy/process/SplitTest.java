package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.flotilla.deploy.process.Traffic.Summary;
import io.flotilla.placement.service.PlacementConfig;
import io.flotilla.placement.service.PlacementPolicy;
import io.flotilla.placement.service.PlacementServer;
import io.flotilla.proto.kv.ChangeReply;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.router.client.ClientConfig;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.NewKeyspace;
import io.flotilla.router.client.Partitioning;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.service.ListenConfig;
import io.flotilla.shard.service.ShardNode;
import io.flotilla.shard.service.ShardNodeConfig;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The one shard of a loaded keyspace is cut in two again and again, while no member of placement is
 * there: nodes have all they need, and clients hear of it only from who refuses them. All is real,
 * but in one process, so that the test can reach the shards.
 */
class SplitTest {
  private static final String HOST = "127.0.0.1";
  private static final String CLUSTER = "split-test";
  private static final String KEYSPACE = "cut";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int CLIENTS = 8;
  private static final int SPLITS = 12;

  @TempDir private Path directory;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Map<Integer, ShardNode> nodes = new TreeMap<>();
  private String placement = "";
  private PlacementServer member;
  private long nextId = 1_000_000;

  @BeforeEach
  void start() throws Exception {
    placement = HOST + ":" + freePort();
    member =
        PlacementServer.start(
            new PlacementConfig(
                CLUSTER,
                1,
                new TreeMap<>(Map.of(1L, placement)),
                HOST,
                port(placement),
                directory.resolve("placement"),
                PlacementPolicy.DEFAULT));
    open.push(member);
    for (int i = 1; i <= 3; i++) {
      nodes.put(i, startNode(i, 0));
    }
  }

  private ShardNode startNode(int number, int port) throws Exception {
    return ShardNode.start(
        ShardNodeConfig.of(
            CLUSTER,
            List.of(placement),
            ListenConfig.on(HOST, port),
            directory.resolve("node-" + number)),
        why -> {
          throw new AssertionError(why);
        });
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  @AfterEach
  void end() throws Exception {
    for (ShardNode node : nodes.values()) {
      node.close();
    }
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  private FlotillaClient connect() {
    FlotillaClient client = FlotillaClient.connect(ClientConfig.of(List.of(placement), CLUSTER));
    open.push(client);
    return client;
  }

  @Test
  void noOperationFailsWhileShardsAreCutInTwo() throws Exception {
    FlotillaClient client = connect();
    client
        .admin()
        .createKeyspace(new NewKeyspace(KEYSPACE, Partitioning.RANGE, 1, List.of(), 3))
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    try (Traffic traffic = new Traffic("split", 1)) {
      for (int i = 0; i < CLIENTS; i++) {
        traffic.through(new StoreDoor.Sdk(client.keyspace(KEYSPACE).withTimeout(PATIENCE).sync()));
      }
      traffic.awaitProgress();
      member.close();
      for (int i = 1; i <= SPLITS; i++) {
        splitLargest();
        traffic.awaitProgress();
        if (i == SPLITS / 2) {
          nodes.get(1).kill();
          traffic.awaitProgress();
          nodes.put(1, startNode(1, port(nodes.get(1).address())));
        }
      }
      traffic.close();
      Summary sum = traffic.judge(new StoreDoor.Sdk(client.keyspace(KEYSPACE).sync()));
      assertThat(sum.failed()).as("operations that failed").isZero();
      System.out.printf("%d splits: %s%n", SPLITS, sum);
    }
    assertTiled();
  }

  /** The one to which most was written. */
  private void splitLargest() {
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              Optional<HostedShard> largest =
                  leaders().stream()
                      .max(Comparator.comparingLong(one -> one.group().status().appliedIndex()));
              return largest.isPresent() && wasCut(largest.get());
            });
  }

  /** Not if it lost its leader meanwhile. */
  private boolean wasCut(HostedShard shard) throws Exception {
    Shard now = shard.descriptor();
    SplitEntry.Builder entry =
        SplitEntry.newBuilder()
            .setExpected(now.getEpoch())
            .setAt(shard.middle().orElseThrow())
            .setNewShard(nextId++);
    for (Replica replica : now.getReplicasList()) {
      entry.addNewReplicas(replica.toBuilder().setReplica(nextId++));
    }
    entry.setPreferredLeader(entry.getNewReplicas(0).getReplica());
    ChangeReply reply =
        shard
            .change(Command.newBuilder().setSplit(entry).build())
            .handle((done, failure) -> failure == null ? done : null)
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    return reply != null && reply.getRefusal().isEmpty();
  }

  /** Of the keyspace that is cut: the last that was created. */
  private List<HostedShard> leaders() {
    List<HostedShard> all = new ArrayList<>();
    nodes.values().forEach(node -> all.addAll(node.shards()));
    int keyspace = all.stream().mapToInt(one -> one.descriptor().getKeyspace()).max().orElse(0);
    all.removeIf(
        one ->
            one.descriptor().getKeyspace() != keyspace
                || one.group().status().role() != GroupStatus.RoleName.LEADER);
    return all;
  }

  private void assertTiled() {
    await().atMost(PATIENCE).until(() -> leaders().size() == SPLITS + 1);
    List<Shard> shards = new ArrayList<>(leaders().stream().map(HostedShard::descriptor).toList());
    shards.sort(SplitTest::compare);
    for (int i = 1; i < shards.size(); i++) {
      assertThat(shards.get(i).getStart()).isEqualTo(shards.get(i - 1).getEnd());
    }
  }

  private static int compare(Shard one, Shard other) {
    return ByteString.unsignedLexicographicalComparator().compare(one.getStart(), other.getStart());
  }
}
