package io.flotilla.shard.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.shard.kv.KvStoreConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Three nodes in one process, over loopback, with disks of their own, and a client. */
final class ThreeNodes implements AutoCloseable {
  static final String CLUSTER = "node-test";
  static final int SHARDS = 4;
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Path directory;
  private final RaftConfig raft;
  private final List<Throwable> fatal = new CopyOnWriteArrayList<>();
  private final Map<Integer, ShardNode> nodes = new TreeMap<>();
  private final Map<Integer, Integer> ports = new TreeMap<>();
  final FakePlacement placement;
  final TestClient client;

  ThreeNodes(Path directory, RaftConfig raft) throws IOException {
    this(directory, raft, 3);
  }

  /**
   * @param replicas of each shard at first, on the first nodes
   */
  ThreeNodes(Path directory, RaftConfig raft, int replicas) throws IOException {
    this.directory = directory;
    this.raft = raft;
    placement = new FakePlacement(CLUSTER, 3, SHARDS, replicas);
    client = new TestClient(CLUSTER, placement::shards, this::addresses);
    for (int i = 1; i <= 3; i++) {
      start(i);
    }
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                nodes.values().stream().limit(replicas).allMatch(n -> n.shards().size() == SHARDS));
  }

  /** Starts a node in its directory and, if it was up before, at its port. */
  ShardNode start(int number) throws IOException {
    ShardNodeConfig config =
        ShardNodeConfig.of(
                CLUSTER,
                List.of(placement.address()),
                ListenConfig.on("127.0.0.1", ports.getOrDefault(number, 0)),
                directory.resolve("node" + number))
            .withState(new KvStoreConfig(1 << 20, 2, 1 << 20, 1))
            .withRaft(raft);
    ShardNode node =
        ShardNode.start(
            config,
            fatal::add,
            why -> fatal.add(new IllegalStateException(why)),
            System::currentTimeMillis);
    nodes.put(number, node);
    ports.put(number, Integer.parseInt(node.address().substring(node.address().indexOf(':') + 1)));
    return node;
  }

  ShardNode node(int number) {
    return nodes.get(number);
  }

  void kill(int number) throws IOException {
    nodes.remove(number).kill();
  }

  /** Ends it politely. */
  void stop(int number) throws IOException {
    nodes.remove(number).close();
  }

  Set<Integer> up() {
    return nodes.keySet();
  }

  List<String> addresses() {
    return nodes.values().stream().map(ShardNode::address).toList();
  }

  long leadersOn(ShardNode node) {
    return node.statuses().stream()
        .filter(status -> status.role() == GroupStatus.RoleName.LEADER)
        .count();
  }

  /** On all nodes that are up. */
  long leaders() {
    return nodes.values().stream().mapToLong(this::leadersOn).sum();
  }

  void awaitLeaders() {
    await().atMost(PATIENCE).until(() -> leaders() == SHARDS);
  }

  /** Waits until all replicas that are up have applied the same. */
  void awaitApplied() {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                nodes.values().stream()
                        .map(node -> node.statuses().stream().map(ThreeNodes::applied).toList())
                        .distinct()
                        .count()
                    == 1);
  }

  private static List<Long> applied(GroupStatus status) {
    return List.of(status.lastIndex(), status.commitIndex(), status.appliedIndex());
  }

  @Override
  public void close() throws IOException {
    client.close();
    for (ShardNode node : nodes.values()) {
      node.close();
    }
    placement.close();
    assertThat(fatal).isEmpty();
  }
}
