package io.flotilla.router.client;

import io.flotilla.proto.errors.ErrorDetail;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.CreateKeyspaceReply;
import io.flotilla.proto.placement.CreateKeyspaceRequest;
import io.flotilla.proto.placement.ExplainReply;
import io.flotilla.proto.placement.ExplainRequest;
import io.flotilla.proto.placement.GetMapRequest;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.proto.placement.StatusRequest;
import io.flotilla.proto.placement.WatchRequest;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.RpcCall;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcServer;
import java.io.IOException;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CopyOnWriteArrayList;

/** A placement member. Serves if it leads; names the leader if not. */
final class FakePlacement implements AutoCloseable {
  private final List<RpcCall<WatchRequest, MapUpdate>> watchers = new CopyOnWriteArrayList<>();
  private final long id;
  private final FakeCluster cluster;
  private final RpcServer server;
  private final int port;
  private volatile boolean silent;

  FakePlacement(long id, FakeCluster cluster, NetThreads threads) throws IOException {
    this.id = id;
    this.cluster = cluster;
    this.server =
        new RpcServer(threads, new Hello(FakeCluster.ID, Hello.Role.PLACEMENT, id))
            .handle(RpcMethods.WATCH_MAP, this::watch)
            .handle(RpcMethods.GET_MAP, this::map)
            .handle(RpcMethods.STATUS, this::status)
            .handle(RpcMethods.CREATE_KEYSPACE, this::create)
            .handle(RpcMethods.ADMINISTER, this::administer)
            .handle(RpcMethods.EXPLAIN, this::explain);
    this.port = server.listen("127.0.0.1", 0);
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  int watchers() {
    return watchers.size();
  }

  void publish(MapUpdate update) {
    if (!silent) {
      watchers.forEach(call -> call.reply(update));
    }
  }

  /** Keeps its connections, and says nothing any more. */
  void fallSilent() {
    silent = true;
  }

  void endStreams() {
    watchers.forEach(call -> call.fail(ErrorCode.NOT_LEADER, "stepped down"));
    watchers.clear();
  }

  private void watch(RpcCall<WatchRequest, MapUpdate> call) {
    if (mayServe(call)) {
      watchers.add(call);
      call.onClosed(() -> watchers.remove(call));
      call.reply(cluster.completeMap());
    }
  }

  private void map(RpcCall<GetMapRequest, MapUpdate> call) {
    if (mayServe(call)) {
      call.reply(cluster.completeMap());
    }
  }

  private void status(RpcCall<StatusRequest, StatusReply> call) {
    if (mayServe(call)) {
      call.reply(cluster.status());
    }
  }

  private void create(RpcCall<CreateKeyspaceRequest, CreateKeyspaceReply> call) {
    String name = call.request().getName();
    if (!mayServe(call)) {
      return;
    }
    if (cluster.hasKeyspace(name)) {
      call.fail(ErrorCode.CONFLICT, "there is a keyspace \"" + name + "\" already");
      return;
    }
    CreateKeyspaceReply.Builder reply =
        CreateKeyspaceReply.newBuilder().setKeyspace(cluster.create(call.request()));
    if (call.request().getReplicas() == 2) {
      reply.addNotes("3 replicas are better than 2");
    }
    call.reply(reply.build());
    cluster.publish();
  }

  private void administer(RpcCall<AdminRequest, AdminReply> call) {
    if (mayServe(call)) {
      try {
        call.reply(cluster.administer(call.request()));
      } catch (NoSuchElementException missing) {
        call.fail(ErrorCode.NOT_FOUND, String.valueOf(missing.getMessage()));
      } catch (IllegalStateException refused) {
        call.fail(ErrorCode.CONFLICT, String.valueOf(refused.getMessage()));
      }
    }
  }

  private void explain(RpcCall<ExplainRequest, ExplainReply> call) {
    if (mayServe(call)) {
      call.reply(cluster.jobs().explain(call.request()));
    }
  }

  private boolean mayServe(RpcCall<?, ?> call) {
    long leader = cluster.placementLeader();
    if (silent || leader == id) {
      return !silent;
    }
    ErrorDetail.Builder detail = FakeNode.detail(ErrorCode.NOT_LEADER, "a follower");
    if (leader != 0) {
      detail.setLeaderNode(leader).setLeaderAddress(cluster.member(leader).address());
    }
    call.fail(detail.build());
    return false;
  }

  @Override
  public void close() {
    server.close();
  }
}
