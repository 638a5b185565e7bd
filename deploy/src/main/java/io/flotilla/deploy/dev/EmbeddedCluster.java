package io.flotilla.deploy.dev;

import io.flotilla.placement.plan.Policy;
import io.flotilla.placement.service.PlacementConfig;
import io.flotilla.placement.service.PlacementPolicy;
import io.flotilla.placement.service.PlacementServer;
import io.flotilla.raft.port.StorageException;
import io.flotilla.router.client.ClientConfig;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Health;
import io.flotilla.router.client.KvException;
import io.flotilla.router.gateway.GatewayConfig;
import io.flotilla.router.gateway.RedisGateway;
import io.flotilla.shard.service.ListenConfig;
import io.flotilla.shard.service.ShardNode;
import io.flotilla.shard.service.ShardNodeConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Placement, nodes and a gateway in this process, on loopback, each with its own directory and
 * listener. Used by one thread. A node that the cluster has removed is closed, and is none any
 * more.
 */
public final class EmbeddedCluster implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedCluster.class);
  private static final String HOST = "127.0.0.1";
  private static final String CLUSTER = "embedded";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long POLL_MILLIS = 50;

  /** Who watches wants to see the balance soon. */
  private static final int NODE_STEADY_MILLIS = 2000;

  private static final Policy PACE =
      new Policy(8, 8, 8, 16, Policy.DEFAULT.splitBytes()).mergingBelow(0);

  /**
   * @param redisPort 0: any free one
   */
  public record Plan(Path home, int placements, int nodes, int shards, int redisPort) {
    /** What the demo shows. */
    public static Plan tour(Path home) {
      return new Plan(home, 3, 3, 16, 0);
    }

    public Plan {
      require(placements >= 1 && placements <= 9, "placements", placements, "1 to 9");
      require(nodes >= 1 && nodes <= 9, "nodes", nodes, "1 to 9");
      require(shards >= 1 && shards <= 1024, "shards", shards, "1 to 1024");
    }

    private static void require(boolean holds, String name, int value, String allowed) {
      if (!holds) {
        throw new IllegalArgumentException(name + " is " + value + "; allowed: " + allowed);
      }
    }
  }

  /** A node, and its directory. */
  private record Member(Path home, ShardNode node) {}

  private final Plan plan;
  private final SortedMap<Long, String> members = new TreeMap<>();

  /** Of which the one who uses this puts in, and who closes the removed takes out. */
  private final List<Member> nodes = new CopyOnWriteArrayList<>();

  /** Closes nodes that were removed, which the threads that say so cannot do. */
  private final ExecutorService removals =
      Executors.newSingleThreadExecutor(task -> new Thread(task, "removals"));

  private final Deque<AutoCloseable> closing = new ArrayDeque<>();
  private int directories;
  private final FlotillaClient client;
  private final RedisGateway gateway;

  private EmbeddedCluster(Plan plan) throws Exception {
    this.plan = plan;
    closing.push(this::endRemovals); // the last: until then, nodes may be told so
    try {
      startPlacement();
      for (int i = 0; i < plan.nodes(); i++) {
        addNode();
      }
      client = FlotillaClient.open(clientConfig());
      closing.push(client);
      gateway = RedisGateway.start(GatewayConfig.of(HOST, plan.redisPort()), client);
      closing.push(gateway);
    } catch (Exception e) {
      try {
        close();
      } catch (Exception another) {
        e.addSuppressed(another);
      }
      throw e;
    }
  }

  /** Starts all of it; {@link #awaitServing} says when it serves. */
  public static EmbeddedCluster start(Plan plan) throws Exception {
    return new EmbeddedCluster(plan);
  }

  private void startPlacement() throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    for (long id = 1; id <= plan.placements(); id++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      held.add(socket);
      members.put(id, HOST + ":" + socket.getLocalPort());
    }
    for (ServerSocket socket : held) {
      socket.close();
    }
    PlacementPolicy policy =
        new PlacementPolicy(
            Math.min(3, plan.nodes()),
            plan.shards(),
            PlacementPolicy.DEFAULT.nodeSilentMillis(),
            PlacementPolicy.DEFAULT.nodeDeadMillis(),
            NODE_STEADY_MILLIS,
            PACE);
    for (Map.Entry<Long, String> member : members.entrySet()) {
      long id = member.getKey();
      Path home = plan.home().resolve("placement-" + id);
      closing.push(
          PlacementServer.start(
              new PlacementConfig(
                  CLUSTER, id, members, HOST, port(member.getValue()), home, policy)));
    }
  }

  private Member startNode(Path home, int port) throws IOException {
    ShardNodeConfig config =
        ShardNodeConfig.of(
            CLUSTER, List.copyOf(members.values()), ListenConfig.on(HOST, port), home);
    CompletableFuture<ShardNode> started = new CompletableFuture<>();
    ShardNode node = ShardNode.start(config, why -> removed(started, why));
    started.complete(node);
    return new Member(home, node);
  }

  private void removed(CompletableFuture<ShardNode> started, String why) {
    var unused = started.thenAccept(node -> removals.execute(() -> close(node, why)));
  }

  /** It is told again as long as it runs: so also if it is not among the others yet. */
  private void close(ShardNode removed, String why) {
    if (nodes.removeIf(member -> member.node() == removed)) {
      LOG.info("{} and is closed", why);
      try {
        removed.close();
      } catch (StorageException e) {
        LOG.error("node {} could not be closed in good order", removed.nodeId(), e);
      }
    }
  }

  private void endRemovals() throws InterruptedException {
    removals.shutdown();
    if (!removals.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      LOG.warn("a node that was removed still closes after {} s", PATIENCE.toSeconds());
    }
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  private ClientConfig clientConfig() {
    return ClientConfig.of(List.copyOf(members.values()), CLUSTER);
  }

  /** A client of its own, as a program outside would have. */
  public FlotillaClient connect() {
    return FlotillaClient.connect(clientConfig());
  }

  /** Where its data is. */
  public Path home() {
    return plan.home();
  }

  /** That each keyspace began with. */
  public int shards() {
    return plan.shards();
  }

  public String endpoints() {
    return String.join(",", members.values());
  }

  public int redisPort() {
    return gateway.port();
  }

  public String nodeName(int index) {
    return "node-" + nodes.get(index).node().nodeId();
  }

  /** Starts one more node, with a directory of its own. */
  public void addNode() throws IOException {
    directories++;
    nodes.add(startNode(plan.home().resolve("node-" + directories), 0));
  }

  /** How many nodes there are, started or killed, but for those that were removed. */
  public int nodes() {
    return nodes.size();
  }

  /** Has the largest shards of a keyspace cut until there are so many more. */
  public void addShards(String keyspace, int more) {
    FlotillaClient.await(client.admin().addShards(keyspace, more, false));
  }

  /**
   * Whether a keyspace has so many shards, no node holds or leads two more than another, and
   * nothing is under way.
   */
  public boolean isSpread(String keyspace, int shards) {
    ClusterStatus status = FlotillaClient.await(client.admin().status());
    long there =
        status.shards().stream().filter(shard -> shard.keyspace().equals(keyspace)).count();
    return there == shards
        && status.nodes().size() == nodes.size()
        && status.jobs().isEmpty()
        && isEven(status.nodes(), ClusterStatus.Node::replicas)
        && isEven(status.nodes(), ClusterStatus.Node::leaders);
  }

  private static boolean isEven(
      List<ClusterStatus.Node> nodes, ToIntFunction<ClusterStatus.Node> count) {
    int most = nodes.stream().mapToInt(count).max().orElse(0);
    return most - nodes.stream().mapToInt(count).min().orElse(0) <= 1;
  }

  /** For each node, how many shards it holds a replica of. */
  public List<String> replicasByNode() {
    return byNode(ClusterStatus.Node::replicas);
  }

  /** Ends a node as a crash would: nothing is flushed, no goodbye is said. */
  public void killNode(int index) throws Exception {
    nodes.get(index).node().kill();
  }

  /** Starts a killed node with the directory and at the address it had. */
  public void restartNode(int index) throws Exception {
    Member before = nodes.get(index);
    Member after = startNode(before.home(), port(before.node().address()));
    nodes.replaceAll(member -> member.equals(before) ? after : member);
  }

  /** Blocks until every shard has a leader. */
  public void awaitServing() throws InterruptedException {
    await("a leader for every shard", s -> s.health().level() != Health.Level.UNAVAILABLE);
  }

  /**
   * Blocks until every replica of every shard has applied the same entries.
   *
   * @return how many, over all shards
   */
  public long awaitCaughtUp() throws InterruptedException {
    ClusterStatus status =
        await(
            "every replica to catch up",
            s -> s.shards().stream().allMatch(EmbeddedCluster::isCaughtUp));
    return status.shards().stream().mapToLong(s -> s.replicas().get(0).applied()).sum();
  }

  private static boolean isCaughtUp(ClusterStatus.Shard shard) {
    long applied = shard.replicas().get(0).applied();
    return shard.replicas().stream()
        .allMatch(
            r -> r.alive() && r.reported() && r.applied() == applied && r.lastIndex() == applied);
  }

  /** For each node, how many shards it leads. */
  public List<String> leadersByNode() {
    return byNode(ClusterStatus.Node::leaders);
  }

  private List<String> byNode(ToIntFunction<ClusterStatus.Node> count) {
    return FlotillaClient.await(client.admin().status()).nodes().stream()
        .map(node -> "node-" + node.id() + ": " + count.applyAsInt(node))
        .toList();
  }

  private ClusterStatus await(String what, Predicate<ClusterStatus> condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        ClusterStatus status = FlotillaClient.await(client.admin().status());
        if (condition.test(status)) {
          return status;
        }
      } catch (KvException e) {
        LOG.debug("placement does not answer yet", e);
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "waited " + PATIENCE.toSeconds() + " s in vain for " + what);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  @Override
  public void close() throws Exception {
    for (Member member : nodes) {
      closing.push(member.node());
    }
    nodes.clear();
    Exception failed = null;
    while (!closing.isEmpty()) {
      try {
        closing.pop().close();
      } catch (Exception e) {
        if (failed == null) {
          failed = e;
        } else {
          failed.addSuppressed(e);
        }
      }
    }
    if (failed != null) {
      throw failed;
    }
  }
}
