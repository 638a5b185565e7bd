package io.flotilla.rpc;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.kv.ScanReply;
import io.flotilla.proto.kv.ScanRequest;
import io.flotilla.proto.kv.WriteReply;
import io.flotilla.proto.kv.WriteRequest;
import io.flotilla.proto.metrics.MetricsReply;
import io.flotilla.proto.metrics.MetricsRequest;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.CreateKeyspaceReply;
import io.flotilla.proto.placement.CreateKeyspaceRequest;
import io.flotilla.proto.placement.ExplainReply;
import io.flotilla.proto.placement.ExplainRequest;
import io.flotilla.proto.placement.GetMapRequest;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.MembersNews;
import io.flotilla.proto.placement.PingReply;
import io.flotilla.proto.placement.PingRequest;
import io.flotilla.proto.placement.RegisterNodeReply;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.proto.placement.StatusRequest;
import io.flotilla.proto.placement.WatchRequest;
import io.flotilla.proto.snapshot.SnapshotReply;
import io.flotilla.proto.snapshot.SnapshotRequest;

/** Every request that one process may send to another. */
public final class RpcMethods {
  // Shard nodes.
  public static final RpcMethod<WriteRequest, WriteReply> KV_WRITE =
      unary(1, "kv.write", WriteRequest.parser(), WriteReply.parser());
  public static final RpcMethod<ReadRequest, ReadReply> KV_READ =
      unary(2, "kv.read", ReadRequest.parser(), ReadReply.parser());
  public static final RpcMethod<ScanRequest, ScanReply> KV_SCAN =
      unary(3, "kv.scan", ScanRequest.parser(), ScanReply.parser());

  public static final RpcMethod<MetricsRequest, MetricsReply> METRICS =
      unary(16, "metrics", MetricsRequest.parser(), MetricsReply.parser());

  public static final RpcMethod<PingRequest, PingReply> PING =
      unary(17, "ping", PingRequest.parser(), PingReply.parser());

  // Placement.
  public static final RpcMethod<RegisterNodeRequest, RegisterNodeReply> REGISTER_NODE =
      unary(
          32, "placement.register-node", RegisterNodeRequest.parser(), RegisterNodeReply.parser());
  public static final RpcMethod<ReportRequest, ReportReply> REPORT =
      unary(33, "placement.report", ReportRequest.parser(), ReportReply.parser());
  public static final RpcMethod<GetMapRequest, MapUpdate> GET_MAP =
      unary(34, "placement.get-map", GetMapRequest.parser(), MapUpdate.parser());
  public static final RpcMethod<WatchRequest, MapUpdate> WATCH_MAP =
      new RpcMethod<>(35, "placement.watch-map", true, WatchRequest.parser(), MapUpdate.parser());
  public static final RpcMethod<CreateKeyspaceRequest, CreateKeyspaceReply> CREATE_KEYSPACE =
      unary(
          36,
          "placement.create-keyspace",
          CreateKeyspaceRequest.parser(),
          CreateKeyspaceReply.parser());
  public static final RpcMethod<StatusRequest, StatusReply> STATUS =
      unary(37, "placement.status", StatusRequest.parser(), StatusReply.parser());
  public static final RpcMethod<AdminRequest, AdminReply> ADMINISTER =
      unary(39, "placement.administer", AdminRequest.parser(), AdminReply.parser());
  public static final RpcMethod<ExplainRequest, ExplainReply> EXPLAIN =
      unary(40, "placement.explain", ExplainRequest.parser(), ExplainReply.parser());
  public static final RpcMethod<MembersNews, MembersNews> MEMBERS =
      unary(41, "placement.members", MembersNews.parser(), MembersNews.parser());

  // Between the nodes that hold a group's replicas; on connections of kind SNAPSHOT alone.
  public static final RpcMethod<SnapshotRequest, SnapshotReply> SNAPSHOT =
      unary(48, "raft.snapshot", SnapshotRequest.parser(), SnapshotReply.parser());

  private RpcMethods() {}

  private static <Q extends MessageLite, R extends MessageLite> RpcMethod<Q, R> unary(
      int id, String name, Parser<Q> requests, Parser<R> replies) {
    return new RpcMethod<>(id, name, false, requests, replies);
  }
}
