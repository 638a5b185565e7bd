package io.flotilla.shard.service;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Keyspace;
import io.flotilla.proto.map.Node;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.ReplicaRole;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.MergeOrder;
import io.flotilla.proto.placement.MoveOrder;
import io.flotilla.proto.placement.RegisterNodeReply;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.SplitOrder;
import io.flotilla.proto.placement.WatchRequest;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcCall;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcServer;
import io.flotilla.shard.kv.KeyRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A placement of one member that remembers nothing: three nodes make the shards, which are cut in
 * two, merged and given replicas when it is told to order that.
 */
final class FakePlacement implements AutoCloseable {
  static final int KEYSPACE = 1;

  private final NetThreads threads = new NetThreads(1, "placement");
  private final RpcServer server;
  private final int shardCount;
  private final int nodesWanted;
  private final int replicas;
  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private final Map<Long, Shard> shards = new TreeMap<>();
  private final Map<Long, SplitOrder> splits = new HashMap<>();

  /** By shard; over when it has as many voters. */
  private final Map<Long, MoveOrder> additions = new HashMap<>();

  /** Who is to absorb whom, by the one to be absorbed; what is given up is not here any more. */
  private final Map<Long, Long> merges = new HashMap<>();

  private final Set<Long> settled = new HashSet<>();
  private final Set<Long> removed = new TreeSet<>();
  private final List<RpcCall<WatchRequest, MapUpdate>> watches = new ArrayList<>();
  private final List<ReportRequest> reports = new ArrayList<>();
  private final int port;
  private long nextShard = 500;
  private long nextReplica = 9000;
  private long revision = 1;

  /**
   * @param replicas of each shard, on the nodes from its first one on
   */
  FakePlacement(String cluster, int nodesWanted, int shardCount, int replicas) throws IOException {
    this.nodesWanted = nodesWanted;
    this.replicas = replicas;
    this.shardCount = shardCount;
    server = new RpcServer(threads, new Hello(cluster, Hello.Role.PLACEMENT, 1));
    server.handle(RpcMethods.REGISTER_NODE, this::register);
    server.handle(RpcMethods.WATCH_MAP, this::watch);
    server.handle(RpcMethods.REPORT, this::report);
    port = server.listen("127.0.0.1", 0);
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  private synchronized void register(RpcCall<RegisterNodeRequest, RegisterNodeReply> call) {
    RegisterNodeRequest request = call.request();
    Node known = nodes.get(request.getIncarnation());
    if (known == null && request.getNode() != 0) {
      call.fail(ErrorCode.CONFLICT, "no node was registered with that directory");
      return;
    }
    long id = known == null ? nodes.size() + 1 : known.getId();
    nodes.put(
        request.getIncarnation(),
        Node.newBuilder()
            .setId(id)
            .setAddress(request.getAddress())
            .setIncarnation(request.getIncarnation())
            .build());
    if (nodes.size() == nodesWanted && shards.isEmpty()) {
      makeShards();
    }
    revision++;
    call.reply(RegisterNodeReply.newBuilder().setNode(id).build());
    watches.forEach(watch -> watch.reply(map()));
  }

  private void makeShards() {
    for (int i = 0; i < shardCount; i++) {
      Shard.Builder shard = Shard.newBuilder().setId(100 + i).setKeyspace(KEYSPACE);
      shard.setEpoch(Epoch.newBuilder().setVersion(1).setConfVersion(1));
      shard.setStart(i == 0 ? key("") : key(boundary(i)));
      shard.setEnd(
          i == shardCount - 1
              ? ByteString.copyFrom(new byte[] {0, 0, 0, 2})
              : key(boundary(i + 1)));
      for (int node = 1; node <= replicas; node++) {
        shard.addReplicas(Replica.newBuilder().setNode(node).setReplica(1000L + 10 * i + node));
      }
      shard.setPreferredLeader(1000L + 10 * i + 1 + i % replicas);
      shards.put(shard.getId(), shard.build());
    }
  }

  private String boundary(int i) {
    return String.valueOf((char) ('a' + i * 26 / shardCount));
  }

  static ByteString key(String user) {
    return ByteString.copyFrom(new byte[] {0, 0, 0, KEYSPACE})
        .concat(ByteString.copyFromUtf8(user));
  }

  private MapUpdate map() {
    return MapUpdate.newBuilder()
        .setRevision(revision)
        .setComplete(true)
        .addAllNodes(nodes.values())
        .addKeyspaces(Keyspace.newBuilder().setId(KEYSPACE).setName("default"))
        .addAllShards(shards.values())
        .build();
  }

  private synchronized void watch(RpcCall<WatchRequest, MapUpdate> call) {
    call.reply(map());
    watches.add(call);
    call.onClosed(
        () -> {
          synchronized (this) {
            watches.remove(call);
          }
        });
  }

  private synchronized void report(RpcCall<ReportRequest, ReportReply> call) {
    reports.add(call.request());
    boolean news = false;
    for (ShardReport report : call.request().getShardsList()) {
      if (report.hasChanged()) {
        news |= learn(report.getChanged());
        report.getChanged().getCutOffList().forEach(this::learn);
      }
      if (report.getSettled()) {
        settled.add(report.getShard());
      }
    }
    if (news) {
      revision++;
      watches.forEach(watch -> watch.reply(map()));
    }
    call.reply(
        ReportReply.newBuilder()
            .addAllSplits(splits.values())
            .addAllOrders(additions.values())
            .addAllOrders(dismissals())
            .addAllMerges(shards.values().stream().flatMap(this::mergeOrder).toList())
            .build());
  }

  /** From facts alone: what this shard, or who is to absorb it, has to do next. */
  private Stream<MergeOrder> mergeOrder(Shard source) {
    Shard into = shards.get(merges.getOrDefault(source.getId(), source.getFrozen().getInto()));
    if (merges.containsKey(source.getId())) {
      if (!source.hasFrozen()) {
        return Stream.of(order(MergeOrder.Step.FREEZE, source, into));
      }
      return settled.contains(source.getId())
          ? Stream.of(order(MergeOrder.Step.ABSORB, into, source))
          : Stream.empty();
    }
    if (!source.hasFrozen()) {
      return Stream.empty();
    }
    boolean mayAbsorb = into != null && into.getEpoch().equals(source.getFrozen().getIntoEpoch());
    return Stream.of(
        mayAbsorb
            ? order(MergeOrder.Step.FENCE, into, source)
            : order(MergeOrder.Step.THAW, source, Shard.getDefaultInstance()));
  }

  private static MergeOrder order(MergeOrder.Step step, Shard shard, Shard other) {
    return MergeOrder.newBuilder().setStep(step).setShard(shard).setOther(other).build();
  }

  private boolean learn(Shard shard) {
    Shard known = shards.get(shard.getId());
    if (known != null && version(known) >= version(shard)) {
      return false;
    }
    if (removed.contains(shard.getId())) {
      return false;
    }
    splits.remove(shard.getId());
    settled.remove(shard.getId());
    shards.put(shard.getId(), shard);
    additions.computeIfPresent(
        shard.getId(), (id, order) -> voters(shard) >= order.getVoters() ? null : order);
    shards.values().removeIf(other -> isAbsorbed(other, shard));
    return true;
  }

  private boolean isAbsorbed(Shard source, Shard by) {
    boolean is =
        source.getId() != by.getId()
            && source.getEpoch().getVersion() < by.getEpoch().getVersion()
            && KeyRange.of(by).covers(KeyRange.of(source));
    if (is) {
      merges.remove(source.getId());
      removed.add(source.getId());
    }
    return is;
  }

  private static long version(Shard shard) {
    return shard.getEpoch().getVersion() + shard.getEpoch().getConfVersion();
  }

  /**
   * Has a shard cut in two.
   *
   * @param at empty for its middle
   * @return the new one's id
   */
  synchronized long split(long id, ByteString at) {
    Shard shard = shards.get(id);
    long cutOff = nextShard++;
    SplitOrder.Builder order =
        SplitOrder.newBuilder().setJob(cutOff).setShard(shard).setAt(at).setNewShard(cutOff);
    for (Replica replica : shard.getReplicasList()) {
      order.addNewReplicas(replica.toBuilder().setReplica(10 * cutOff + replica.getNode()));
    }
    splits.put(id, order.build());
    return cutOff;
  }

  /**
   * Has a shard get one replica more.
   *
   * @return its id
   */
  synchronized long add(long id, long node) {
    Shard shard = shards.get(id);
    long replica = nextReplica++;
    additions.put(
        id,
        MoveOrder.newBuilder()
            .setJob(replica)
            .setShard(shard)
            .setTo(Replica.newBuilder().setNode(node).setReplica(replica))
            .setVoters(voters(shard) + 1)
            .build());
    return replica;
  }

  /** Has no replica added any more, and what learns already removed. */
  synchronized void addNoMore(long id) {
    additions.remove(id);
  }

  private static int voters(Shard shard) {
    return (int)
        shard.getReplicasList().stream()
            .filter(replica -> replica.getRole() == ReplicaRole.VOTER)
            .count();
  }

  private List<MoveOrder> dismissals() {
    return shards.values().stream()
        .filter(shard -> !additions.containsKey(shard.getId()))
        .flatMap(
            shard ->
                shard.getReplicasList().stream()
                    .filter(replica -> replica.getRole() == ReplicaRole.LEARNER)
                    .map(replica -> MoveOrder.newBuilder().setShard(shard).setTo(replica).build()))
        .toList();
  }

  /** Has a shard absorbed by a neighbour. */
  synchronized void merge(long source, long into) {
    merges.put(source, into);
  }

  /** What is under way of it is taken back. */
  synchronized void giveUp(long source) {
    merges.remove(source);
  }

  synchronized boolean isSettled(long source) {
    return settled.contains(source);
  }

  synchronized List<Shard> shards() {
    return List.copyOf(shards.values());
  }

  synchronized List<ReportRequest> reports() {
    return List.copyOf(reports);
  }

  @Override
  public void close() {
    server.close();
    threads.close();
  }
}
