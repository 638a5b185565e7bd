package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Frozen;
import io.flotilla.proto.map.Keyspace;
import io.flotilla.proto.map.Node;
import io.flotilla.proto.map.Partitioning;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.CreateKeyspaceRequest;
import io.flotilla.proto.placement.Leader;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.MemberStatus;
import io.flotilla.proto.placement.NodeStatus;
import io.flotilla.proto.placement.ReplicaStatus;
import io.flotilla.proto.placement.ShardStatus;
import io.flotilla.proto.placement.ShardSurvivor;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.router.map.KeyCodec;
import io.flotilla.router.map.Route;
import io.flotilla.rpc.NetThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Placement members and storage nodes on loopback that speak the real protocol and share one state,
 * so that a client can be led astray in every way a real cluster could, and on demand.
 */
public final class FakeCluster implements AutoCloseable {
  public static final String ID = "fake";

  private final FakeState state = new FakeState();
  private final NetThreads threads = new NetThreads(2, "fake-cluster");
  private final List<FakePlacement> members = new ArrayList<>();
  private final List<FakeNode> nodes = new ArrayList<>();
  private final Map<Integer, Keyspace> keyspaces = new LinkedHashMap<>();
  private final Map<Long, Shard> shards = new LinkedHashMap<>();
  private final Map<Long, Long> leaders = new HashMap<>();
  private final Set<Long> dead = ConcurrentHashMap.newKeySet();
  private final Set<Long> unreachable = ConcurrentHashMap.newKeySet();
  private final Set<Long> lost = ConcurrentHashMap.newKeySet();
  private final FakeJobs jobs = new FakeJobs();
  private long term = 1;
  private long nextShard = 1;
  private volatile int frozenMillis = 10;
  private volatile boolean settled;
  private volatile boolean loaded;
  private volatile long replenished;
  private long revision = 1;
  private volatile long placementLeader = 1;
  private volatile int valuesPerReplyMax = 1_000;

  /** Keyspaces {@code default}, cut at these keys, and {@code redis}, of four shards. */
  public FakeCluster(int memberCount, int nodeCount, String... splitKeys) {
    try {
      for (int i = 1; i <= memberCount; i++) {
        members.add(new FakePlacement(i, this, threads));
      }
      for (int i = 1; i <= nodeCount; i++) {
        nodes.add(new FakeNode(i, this, threads));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<ByteString> keys = new ArrayList<>();
    for (String key : splitKeys) {
      keys.add(ByteString.copyFromUtf8(key));
    }
    add("default", Partitioning.RANGE, keys, keys.size() + 1);
    add("redis", Partitioning.HASH, List.of(), 4);
  }

  public List<String> placement() {
    return members.stream().map(FakePlacement::address).toList();
  }

  /** Patient enough for a busy machine. */
  public ClientConfig config() {
    return ClientConfig.of(placement(), ID)
        .withCallTimeout(Duration.ofSeconds(30))
        .withAttemptTimeout(Duration.ofSeconds(10))
        .withThreads(1);
  }

  /** Placement says that it does not hear this node, which two others hear. */
  public void declareUnreachable(long node) {
    dead.add(node);
    unreachable.add(node);
  }

  /** Placement says that this node is dead. */
  public void declareDead(long node) {
    dead.add(node);
  }

  /** A node says that all that it has of the first shards is lost. */
  public void declareLost(long node, int shardCount) {
    for (long shard = 1; shard <= shardCount; shard++) {
      lost.add(replicaOf(shard, node));
    }
  }

  private static long replicaOf(long shard, long node) {
    return shard * 10 + node;
  }

  /** This node takes requests and never answers. */
  public void fallSilent(long node) {
    node(node).fallSilent();
  }

  FakeState state() {
    return state;
  }

  FakeNode node(long id) {
    return nodes.get((int) id - 1);
  }

  FakePlacement member(long id) {
    return members.get((int) id - 1);
  }

  long placementLeader() {
    return placementLeader;
  }

  /** Without telling anybody. */
  void movePlacementLeader(long member) {
    placementLeader = member;
  }

  int valuesPerReplyMax() {
    return valuesPerReplyMax;
  }

  void limitReplies(int values) {
    valuesPerReplyMax = values;
  }

  synchronized @Nullable Shard shard(long id) {
    return shards.get(id);
  }

  synchronized List<Shard> shards() {
    return List.copyOf(shards.values());
  }

  synchronized long leader(long shard) {
    return leaders.getOrDefault(shard, 0L);
  }

  /** The shard of {@code default} that holds a key. */
  synchronized Shard shardOf(String key) {
    ByteString encoded = range().encode(ByteString.copyFromUtf8(key));
    return shards.values().stream()
        .filter(shard -> Route.compare(shard.getStart(), encoded) <= 0)
        .filter(shard -> Route.compare(encoded, shard.getEnd()) < 0)
        .findAny()
        .orElseThrow();
  }

  FakeNode leaderOf(String key) {
    return node(leader(shardOf(key).getId()));
  }

  /** Without telling anybody. 0: nobody leads. */
  synchronized void moveLeader(String key, long node) {
    leaders.put(shardOf(key).getId(), node);
    term++;
  }

  /** Cuts a shard of {@code default} in two, without telling anybody. The right half is new. */
  public synchronized void split(String key) {
    Shard shard = shardOf(key);
    ByteString at = range().encode(ByteString.copyFromUtf8(key));
    Epoch epoch =
        Epoch.newBuilder().setVersion(shard.getEpoch().getVersion() + 1).setConfVersion(1).build();
    long right = nextShard++;
    shards.put(shard.getId(), shard.toBuilder().setEnd(at).setEpoch(epoch).build());
    shards.put(right, shard.toBuilder().setId(right).setStart(at).setEpoch(epoch).build());
    leaders.put(right, leader(shard.getId()));
  }

  /** A shard of {@code default} serves nothing any more, without telling anybody. */
  public synchronized void freeze(String key) {
    Shard shard = shardOf(key);
    Frozen frozen = Frozen.newBuilder().setInto(leftOf(shard).orElseThrow().getId()).build();
    shards.put(shard.getId(), next(shard, shard).setFrozen(frozen).build());
  }

  /** Placement says that all frozen shards are settled. */
  public void settle() {
    settled = true;
  }

  /** A frozen shard serves again, without telling anybody. */
  synchronized void thaw(String key) {
    Shard shard = shardOf(key);
    shards.put(shard.getId(), next(shard, shard).clearFrozen().build());
  }

  /** The shard to the left absorbs it, without telling anybody. */
  synchronized void merge(String key) {
    if (!shardOf(key).hasFrozen()) {
      freeze(key);
    }
    Shard shard = shardOf(key);
    Shard left = leftOf(shard).orElseThrow();
    shards.put(left.getId(), next(left, shard).setEnd(shard.getEnd()).build());
    shards.remove(shard.getId());
    leaders.remove(shard.getId());
  }

  synchronized boolean hasLeftNeighbour(String key) {
    return leftOf(shardOf(key)).isPresent();
  }

  private Optional<Shard> leftOf(Shard shard) {
    return shards.values().stream()
        .filter(left -> left.getKeyspace() == shard.getKeyspace())
        .filter(left -> left.getEnd().equals(shard.getStart()))
        .findAny();
  }

  /** At a version above those of both. */
  private static Shard.Builder next(Shard shard, Shard other) {
    long version = Math.max(shard.getEpoch().getVersion(), other.getEpoch().getVersion()) + 1;
    return shard.toBuilder().setEpoch(shard.getEpoch().toBuilder().setVersion(version));
  }

  /** How long a frozen shard has callers wait. */
  void askForMillis(int millis) {
    frozenMillis = millis;
  }

  int frozenMillis() {
    return frozenMillis;
  }

  /** What placement is carrying out, and what it was asked for. */
  public FakeJobs jobs() {
    return jobs;
  }

  /** Nodes are never all even any more: each says that it has yet to apply a part of its log. */
  public void load() {
    loaded = true;
  }

  /** Shards that are recovered get another member soon, on this node, which leads from then on. */
  public void replenish(long node) {
    replenished = node;
  }

  AdminReply administer(AdminRequest request) {
    AdminReply reply = jobs.administer(request);
    if (!request.getDryRun()) {
      request.getRecover().getShardsList().forEach(this::recover);
      publish();
    }
    return reply;
  }

  private synchronized void recover(ShardSurvivor wish) {
    long survivor = jobs.survivor(wish);
    Shard shard = shards.get(wish.getShard());
    if (shard == null || survivor == 0) {
      return;
    }
    Shard.Builder alone = shard.toBuilder().clearReplicas();
    shard.getReplicasList().stream()
        .filter(replica -> replica.getReplica() == survivor)
        .forEach(alone::addReplicas);
    leaders.put(shard.getId(), alone.getReplicas(0).getNode());
    if (replenished != 0) {
      alone.addReplicas(
          Replica.newBuilder().setNode(replenished).setReplica(10_000 + shard.getId()));
      leaders.put(shard.getId(), replenished);
    }
    Epoch.Builder epoch = shard.getEpoch().toBuilder();
    shards.put(
        shard.getId(), alone.setEpoch(epoch.setConfVersion(epoch.getConfVersion() + 1)).build());
  }

  synchronized boolean hasKeyspace(String name) {
    return keyspaces.values().stream().anyMatch(keyspace -> keyspace.getName().equals(name));
  }

  synchronized Keyspace create(CreateKeyspaceRequest request) {
    Keyspace added =
        add(
            request.getName(),
            request.getPartitioning(),
            request.getSplitKeysList(),
            request.getShards());
    Keyspace asked = added.toBuilder().setReplicas(request.getReplicas()).build();
    keyspaces.put(asked.getId(), asked);
    return asked;
  }

  private Keyspace add(
      String name, Partitioning partitioning, List<ByteString> splitKeys, int shardCount) {
    Keyspace keyspace =
        Keyspace.newBuilder()
            .setId(keyspaces.size() + 1)
            .setName(name)
            .setPartitioning(partitioning)
            .build();
    keyspaces.put(keyspace.getId(), keyspace);
    KeyCodec codec = KeyCodec.of(keyspace);
    ByteString start = codec.start();
    for (int i = 1; i <= shardCount; i++) {
      ByteString end = i == shardCount ? codec.end() : cut(codec, splitKeys, i, shardCount);
      addShard(keyspace, start, end);
      start = end;
    }
    revision++;
    return keyspace;
  }

  private static ByteString cut(KeyCodec codec, List<ByteString> splitKeys, int i, int of) {
    if (codec.hashed()) {
      return codec.slotStart(KeyCodec.SLOTS * i / of);
    }
    byte[] even = {(byte) (256 * i / of)};
    return codec.encode(splitKeys.isEmpty() ? ByteString.copyFrom(even) : splitKeys.get(i - 1));
  }

  private void addShard(Keyspace keyspace, ByteString start, ByteString end) {
    long id = nextShard++;
    Shard.Builder shard =
        Shard.newBuilder()
            .setId(id)
            .setKeyspace(keyspace.getId())
            .setStart(start)
            .setEnd(end)
            .setEpoch(Epoch.newBuilder().setVersion(1).setConfVersion(1));
    for (FakeNode node : nodes) {
      shard.addReplicas(Replica.newBuilder().setNode(node.id).setReplica(replicaOf(id, node.id)));
    }
    shards.put(id, shard.build());
    leaders.put(id, id % nodes.size() + 1);
  }

  synchronized MapUpdate completeMap() {
    MapUpdate.Builder map =
        MapUpdate.newBuilder()
            .setRevision(revision)
            .setComplete(true)
            .addAllKeyspaces(keyspaces.values())
            .addAllShards(shards.values());
    nodes.forEach(
        node -> map.addNodes(Node.newBuilder().setId(node.id).setAddress(node.address())));
    leaders.forEach(
        (shard, node) ->
            map.addLeaders(Leader.newBuilder().setShard(shard).setNode(node).setTerm(term)));
    return map.build();
  }

  /** Tells everybody who watches. */
  void publish() {
    MapUpdate map;
    synchronized (this) {
      revision++;
      map = completeMap();
    }
    members.forEach(member -> member.publish(map));
  }

  synchronized StatusReply status() {
    StatusReply.Builder status = StatusReply.newBuilder().setCluster(ID).setRevision(revision);
    for (int i = 1; i <= members.size(); i++) {
      status.addMembers(
          MemberStatus.newBuilder()
              .setId(i)
              .setAddress(member(i).address())
              .setLeader(i == placementLeader)
              .setHeard(true)
              .setApplied(42));
    }
    nodes.forEach(node -> status.addNodes(status(node)));
    status.addAllKeyspaces(keyspaces.values());
    shards.values().forEach(shard -> status.addShards(status(shard)));
    jobs.addTo(status);
    return status.build();
  }

  private NodeStatus status(FakeNode node) {
    boolean alive = !dead.contains(node.id);
    return NodeStatus.newBuilder()
        .setNode(
            Node.newBuilder()
                .setId(node.id)
                .setAddress(node.address())
                .putLabels("zone", "z" + node.id))
        .setAlive(alive)
        .setSilentMillis(alive ? 120 : 34_567)
        .setHeardBy(unreachable.contains(node.id) ? 2 : 0)
        .setReplicas(shards.size())
        .setLeaders((int) leaders.values().stream().filter(id -> id == node.id).count())
        .build();
  }

  private ShardStatus status(Shard shard) {
    ShardStatus.Builder status =
        ShardStatus.newBuilder()
            .setShard(shard)
            .setTerm(term)
            .setSettled(settled && shard.hasFrozen());
    long leader = leader(shard.getId());
    status.setLeaderNode(dead.contains(leader) ? 0 : leader);
    for (Replica replica : shard.getReplicasList()) {
      status.addReplicas(
          ReplicaStatus.newBuilder()
              .setNode(replica.getNode())
              .setReplica(replica.getReplica())
              .setLastIndex(17)
              .setApplied(loaded ? 16 : 17)
              .setAlive(!dead.contains(replica.getNode()))
              .setLost(lost.contains(replica.getReplica()))
              .setReported(true));
    }
    return status.build();
  }

  static KeyCodec range() {
    return new KeyCodec(1, Partitioning.RANGE);
  }

  @Override
  public void close() {
    nodes.forEach(FakeNode::close);
    members.forEach(FakePlacement::close);
    threads.close();
  }
}
