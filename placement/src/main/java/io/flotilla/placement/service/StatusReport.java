package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.store.JobMessages;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.placement.MemberStatus;
import io.flotilla.proto.placement.NodeStatus;
import io.flotilla.proto.placement.ReplicaStatus;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.ShardStatus;
import io.flotilla.proto.placement.StatusReply;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The map and what nodes say, side by side, for people. */
final class StatusReport {
  private final ClusterView view;
  private final ReportTable reports;
  private final long nowNanos;
  private final Map<Long, Integer> replicas = new HashMap<>();
  private final Map<Long, Integer> leaders = new HashMap<>();
  private final Map<Long, Long> bytes = new HashMap<>();

  StatusReport(ClusterView view, ReportTable reports, long nowNanos) {
    this.view = view;
    this.reports = reports;
    this.nowNanos = nowNanos;
  }

  StatusReply reply(List<MemberStatus> members) {
    StatusReply.Builder reply =
        StatusReply.newBuilder().setCluster(view.cluster()).setRevision(view.revision());
    reply.addAllMembers(members);
    for (Keyspace keyspace : view.keyspacesSince(0)) {
      reply.addKeyspaces(MapMessages.write(keyspace));
    }
    for (Shard shard : view.shardsSince(0)) {
      reply.addShards(shard(shard));
    }
    view.jobs().values().forEach(job -> reply.addJobs(JobMessages.write(job)));
    view.ended().values().forEach(ended -> reply.addEnded(JobMessages.write(ended)));
    reply.setSettings(JobMessages.write(view.settings()));
    for (Node node : view.nodesSince(0)) {
      reply.addNodes(node(node));
    }
    return reply.build();
  }

  private ShardStatus shard(Shard shard) {
    Optional<Long> leader = reports.heardLeader(shard.id(), view, nowNanos);
    leader.ifPresent(node -> leaders.merge(node, 1, Integer::sum));
    ShardStatus.Builder status =
        ShardStatus.newBuilder()
            .setShard(MapMessages.write(shard))
            .setLeaderNode(leader.orElse(0L))
            .setTerm(reports.leaderOf(shard.id()).getTerm())
            .setSettled(shard.frozen().isPresent() && reports.isSettled(shard));
    for (Replica replica : shard.replicas()) {
      replicas.merge(replica.node(), 1, Integer::sum);
      status.addReplicas(replica(shard, replica));
    }
    return status.build();
  }

  private ReplicaStatus replica(Shard shard, Replica replica) {
    ReplicaStatus.Builder status =
        ReplicaStatus.newBuilder()
            .setNode(replica.node())
            .setReplica(replica.id())
            .setAlive(reports.isAlive(replica.node(), nowNanos));
    Optional<ShardReport> report = reports.reportOf(replica, shard.id());
    report.ifPresent(
        each -> {
          bytes.merge(replica.node(), each.getApproximateBytes(), Long::sum);
          if (each.hasSnapshot()) {
            status.setSnapshot(each.getSnapshot());
          }
          status
              .setReported(true)
              .setLost(each.getLost())
              .setLastIndex(each.getLastIndex())
              .setApplied(each.getApplied())
              .setApproximateBytes(each.getApproximateBytes());
        });
    return status.build();
  }

  private NodeStatus node(Node node) {
    return NodeStatus.newBuilder()
        .setNode(MapMessages.write(node))
        .setAlive(reports.isAlive(node.id(), nowNanos))
        .setSilentMillis(reports.silentMillis(node.id(), nowNanos))
        .setHeardBy(reports.heardBy(node.id(), view, nowNanos))
        .setReplicas(replicas.getOrDefault(node.id(), 0))
        .setLeaders(leaders.getOrDefault(node.id(), 0))
        .setApproximateBytes(bytes.getOrDefault(node.id(), 0L))
        .build();
  }
}
