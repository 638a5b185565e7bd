package io.flotilla.shard.service;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Node;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.RegisterNodeReply;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.WatchRequest;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcCall;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A placement of one member that remembers nothing: three nodes make the shards. */
final class FakePlacement implements AutoCloseable {
  static final int KEYSPACE = 1;

  private final NetThreads threads = new NetThreads(1, "placement");
  private final RpcServer server;
  private final int shardCount;
  private final int nodesWanted;
  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private final List<Shard> shards = new ArrayList<>();
  private final List<RpcCall<WatchRequest, MapUpdate>> watches = new ArrayList<>();
  private final List<ReportRequest> reports = new ArrayList<>();
  private final int port;
  private long revision = 1;

  FakePlacement(String cluster, int nodesWanted, int shardCount) throws IOException {
    this.nodesWanted = nodesWanted;
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
      for (int node = 1; node <= nodesWanted; node++) {
        shard.addReplicas(Replica.newBuilder().setNode(node).setReplica(1000L + 10 * i + node));
      }
      shard.setPreferredLeader(1000L + 10 * i + 1 + i % nodesWanted);
      shards.add(shard.build());
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
        .addAllShards(shards)
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
    call.reply(ReportReply.getDefaultInstance());
  }

  synchronized List<Shard> shards() {
    return List.copyOf(shards);
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
