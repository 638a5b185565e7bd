package io.flotilla.deploy.whole;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.plan.Policy;
import io.flotilla.placement.service.PlacementPolicy;
import io.flotilla.raft.core.CoreConfig;
import io.flotilla.raft.core.GroupStatus.RoleName;
import io.flotilla.raft.history.Linearizability;
import io.flotilla.raft.runtime.SnapshotFetchConfig;
import io.flotilla.raft.runtime.SnapshotFetchConfig.Backoff;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.Faults;
import io.flotilla.raft.sim.WallClocks;
import io.flotilla.router.client.AdminClient;
import io.flotilla.router.client.NewKeyspace;
import io.flotilla.router.client.Partitioning;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * What the tests of MIT's course 6.5840 do to a sharded service, done to a {@link WholeCluster}:
 * groups join and leave, are shut down and started again, while clerks read and write. A group of
 * the course, which is three servers that hold the same shards, is three nodes here; a
 * configuration says which group holds which shard, and is carried out by moving replicas, one by
 * one. The controller is placement, a clerk a session of the SDK. Placement evens out nothing by
 * itself, so that only the test decides. All judges of the simulation look on. One thread.
 */
final class ShardLab implements AutoCloseable {
  static final String KEYSPACE = "lab";
  static final int SHARDS = 10;
  static final long SECOND = 1_000_000;

  /** As the course bounds a log where it asks for snapshots. */
  static final long LOG_BYTES = 1_000;

  static final long LOG_UNBOUNDED = 16L << 20;

  /** How long a configuration may take: the course gives up a test after as long. */
  static final long MOVE_MICROS = 120 * SECOND;

  static final Faults.Network RELIABLE = Faults.Network.RELIABLE;

  static final Faults.Network UNRELIABLE = Faults.Network.UNRELIABLE;

  /** Who asks for a piece of a snapshot and hears nothing asks again after so long. */
  private static final SnapshotFetchConfig FETCH =
      new SnapshotFetchConfig(
          2, 100_000_000, 1 << 18, 8, Duration.ofSeconds(1), Backoff.DEFAULT, 1L << 40);

  /** A new shard begins with what it is, and a leader's term. */
  private static final long FIRST_WRITE = 3;

  private static final int REPLICAS = 3;
  private static final double DIGESTED = 0.0005;

  private final String name;
  private final WholeCluster whole;
  private final Map<Integer, ShardMove> moves = new TreeMap<>();
  private final ShardClerks clerks;
  private List<Long> shardIds = List.of();
  private ShardAssignment configuration = ShardAssignment.allOn(0, 0, 0);

  ShardLab(String name, int groups, int clerks, Faults.Network network, long seed) {
    this(name, groups, clerks, network, seed, LOG_UNBOUNDED);
  }

  /** With one user more than clerks, who operates the cluster. */
  ShardLab(String name, int groups, int clerks, Faults.Network network, long seed, long logBytes) {
    this.name = name;
    ClusterPlan plan =
        new ClusterPlan(
            groups * REPLICAS,
            1 + clerks,
            Faults.calm(WholeCluster.TICK_MICROS, network, CoreConfig.DEFAULT),
            FETCH,
            new Settings(logBytes),
            world -> WallClocks.right(world, WholeCluster.BEGIN_MILLIS),
            DIGESTED);
    this.whole = new WholeCluster(plan, new Chance(seed), false);
    this.clerks =
        new ShardClerks(this, whole.users().stream().skip(1).map(ShardClerk::new).toList());
    try {
      start();
    } catch (RuntimeException | AssertionError failed) {
      try (whole) {
        throw failed;
      }
    }
  }

  /** Who is silent stays who it is: nobody is replaced unasked. */
  private record Settings(long logBytes) implements ClusterPlan.Draws {
    @Override
    public PlacementPolicy policy(Chance chance) {
      Policy pace = new Policy(64, 64, 64, 64, 1L << 30).mergingBelow(0);
      return new PlacementPolicy(REPLICAS, 1, 2_000, 3_600_000, 1_000, pace);
    }

    @Override
    public long logRetainBytes(Chance chance) {
      return logBytes;
    }
  }

  private void start() {
    whole.calm();
    whole.members().forEach(SimProcess::start);
    whole.users().forEach(SimProcess::start);
    await(admin().setBalance(false), 10 * SECOND);
    group(0).forEach(SimProcess::start);
    await("built-in keyspaces", 10 * SECOND, whole.judges().owners()::isFounded);
    NewKeyspace keyspace =
        new NewKeyspace(
            KEYSPACE,
            Partitioning.RANGE,
            SHARDS,
            IntStream.range(1, SHARDS).mapToObj(ShardClerk::begin).toList(),
            REPLICAS);
    await(admin().createKeyspace(keyspace), 10 * SECOND);
    shardIds = shardsOfTheMap();
    configuration = ShardAssignment.allOn(0, shardIds.size(), SHARDS);
    await("every shard has a leader", 5 * SECOND, () -> leaderless(group(0)) == 0);
    whole.network().faults(whole.world().drawn().network());
  }

  /** Those of the laboratory in the order of their keys, then the built-in ones. */
  private List<Long> shardsOfTheMap() {
    return whole.newestView().orElseThrow().shards().values().stream()
        .map(Revised::value)
        .sorted(
            Comparator.comparing((Shard shard) -> shard.keyspace() <= 2)
                .thenComparing(shard -> shard.range().start()))
        .map(Shard::id)
        .toList();
  }

  private long leaderless(List<SimNode> nodes) {
    return shardIds.size()
        - nodes.stream()
            .flatMap(node -> node.shards().stream())
            .filter(shard -> shard.group().status().role() == RoleName.LEADER)
            .count();
  }

  WholeCluster whole() {
    return whole;
  }

  AdminClient admin() {
    return whole.users().get(0).client().admin();
  }

  ClusterView view() {
    return whole.newestView().orElseThrow();
  }

  // ---- time

  long now() {
    return whole.world().clock().nowMicros();
  }

  void sleep(long micros) {
    whole.within(micros, () -> false);
  }

  boolean within(long micros, BooleanSupplier done) {
    return whole.within(micros, done);
  }

  void await(String what, long micros, BooleanSupplier done) {
    whole.within(name + ": " + what, micros, done);
  }

  <T> T await(CompletableFuture<T> answer, long micros) {
    await("an answer", micros, answer::isDone);
    return answer.join();
  }

  // ---- groups

  List<SimNode> group(int number) {
    return whole.nodes().subList(number * REPLICAS, (number + 1) * REPLICAS);
  }

  void shutDown(int group) {
    group(group).forEach(SimProcess::crash);
  }

  void start(int group) {
    group(group).forEach(SimProcess::start);
    await("registered", 10 * SECOND, () -> group(group).stream().allMatch(n -> n.node() != 0));
  }

  /** Which of the laboratory's shards the configuration gives to a group. */
  List<Integer> shardsOf(int group) {
    return configuration.shardsOf(group);
  }

  long shardId(int shard) {
    return shardIds.get(shard);
  }

  /** Cuts them off from everybody, each other included. */
  void isolate(List<? extends SimProcess> processes) {
    processes.forEach(process -> whole.network().isolate(process.id()));
  }

  /** Cuts a side from those of these that are not on it; all others see both. */
  void cut(Set<? extends SimProcess> side, List<? extends SimProcess> from) {
    side.forEach(
        one ->
            from.stream()
                .filter(other -> !side.contains(other))
                .forEach(other -> whole.network().cutBothWays(one.id(), other.id())));
  }

  /** All links are there again. */
  void mend() {
    whole.network().mend();
  }

  /** Waits for a member that leads placement, and that these are not. */
  SimMember placementLeader(SimMember... not) {
    Supplier<Optional<SimMember>> leader =
        () ->
            whole.members().stream()
                .filter(SimMember::leads)
                .filter(member -> !List.of(not).contains(member))
                .findFirst();
    await("a leader of placement", 5 * SECOND, () -> leader.get().isPresent());
    return leader.get().orElseThrow();
  }

  // ---- configurations

  /** Begins to let groups hold their share, and starts them if they are down. */
  void beginJoin(Integer... groups) {
    List.of(groups).forEach(this::start);
    begin(configuration.joined(List.of(groups)));
  }

  /** Begins to let groups hold nothing. */
  void beginLeave(Integer... groups) {
    begin(configuration.left(List.of(groups)));
  }

  /** One or the other. */
  void begin(boolean join, Integer... groups) {
    if (join) {
      beginJoin(groups);
    } else {
      beginLeave(groups);
    }
  }

  private void begin(ShardAssignment next) {
    next.groups()
        .forEach(
            (shard, group) -> {
              if (configuration.groupOf(shard) != group) {
                moves.computeIfPresent(shard, (same, earlier) -> earlier.givenUp());
                moves.put(shard, beginMove(admin(), shard, group));
              }
            });
    configuration = next;
  }

  /** Begins to bring one shard to a group; for who asks beside the configuration, too. */
  ShardMove beginMove(AdminClient by, int shard, int group) {
    return ShardMove.begin(whole, by, shardId(shard), group(group));
  }

  /** Whether the shards of these groups are there by the map, all of them. */
  boolean isSettled(Integer... groups) {
    List<Integer> asked = List.of(groups);
    return moves.entrySet().stream()
        .filter(move -> asked.contains(configuration.groupOf(move.getKey())))
        .allMatch(move -> move.getValue().isDone());
  }

  /** Of a shard alone. */
  boolean isMoved(int shard) {
    return moves.get(shard).isDone();
  }

  /** Waits until the configuration is carried out. */
  void settle() {
    await("moved", MOVE_MICROS, () -> moves.values().stream().allMatch(ShardMove::isDone));
  }

  void join(Integer... groups) {
    beginJoin(groups);
    settle();
  }

  void leave(Integer... groups) {
    beginLeave(groups);
    settle();
  }

  /**
   * As operators have nodes leave for good: drains them, which placement does, and removes them.
   */
  void retire(List<SimNode> leaving) {
    for (SimNode node : leaving) {
      await(admin().drainNode(node.node(), false), 10 * SECOND);
    }
    for (SimNode node : leaving) {
      await("empty", MOVE_MICROS, () -> isEmpty(node.node()));
      remove(node);
    }
  }

  /** Refused until it has let go of what was moved. */
  private void remove(SimNode node) {
    long until = now() + 10 * SECOND;
    CompletableFuture<?> removal;
    do {
      assertThat(now()).as("node %d is removed", node.node()).isLessThan(until);
      sleep(SECOND / 10);
      removal = admin().removeNode(node.node());
      await("an answer or a refusal", 10 * SECOND, removal::isDone);
    } while (removal.isCompletedExceptionally());
  }

  private boolean isEmpty(long node) {
    return view().shardsSince(0).stream().allMatch(shard -> shard.replicaOn(node).isEmpty());
  }

  // ---- clerks

  ShardClerks clerks() {
    return clerks;
  }

  /** One of them. */
  ShardClerk clerk() {
    return clerks.all().get(0);
  }

  /** How many replicas of the laboratory's shards have lost the beginning of their logs. */
  long cutLogs() {
    return whole.nodes().stream()
        .flatMap(node -> node.shards().stream())
        .filter(shard -> shardIds.subList(0, SHARDS).contains(shard.descriptor().getId()))
        .filter(shard -> shard.group().status().firstIndex() > FIRST_WRITE)
        .count();
  }

  // ---- the end

  /**
   * Heals the network, and waits until each shard is where the map says and nowhere else; then all
   * replicas hold the same, and what clerks were told is linearizable.
   */
  void check() {
    clerks.stop();
    mend();
    whole.calm();
    Rest rest = new Rest(whole);
    rest.begin();
    rest.await(MOVE_MICROS);
    rest.checkDigests();
    Linearizability.require(whole.history().operations(), "lab-" + name);
  }

  @Override
  public void close() {
    whole.close();
  }
}
