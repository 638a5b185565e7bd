package io.flotilla.shard.report;

import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.port.StorageException;
import io.flotilla.rpc.RpcClient;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.host.ShardHost;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells placement how the shards here are: what changed since the last report that arrived, or, to
 * a member that has not heard from this node, everything. For the control thread.
 */
final class Reports {
  private static final Logger LOG = LoggerFactory.getLogger(Reports.class);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final RpcClient client;
  private final Control control;
  private final PlacementMembers members;
  private final ShardHost host;
  private final long node;
  private final Consumer<Throwable> fatal;
  private final Map<Long, ShardReport> acknowledged = new HashMap<>();
  private boolean complete = true;
  private boolean underWay;
  private boolean again;

  /**
   * @param fatal told when the disk fails
   */
  Reports(
      RpcClient client,
      Control control,
      List<String> placement,
      ShardHost host,
      long node,
      Consumer<Throwable> fatal) {
    this.fatal = fatal;
    this.client = client;
    this.control = control;
    this.members = new PlacementMembers(placement);
    this.host = host;
    this.node = node;
  }

  /**
   * Sends a report; if one is still under way, after its answer. Reads sizes from the disk.
   *
   * @throws StorageException if the disk fails
   */
  void send() throws StorageException {
    again = underWay;
    if (underWay) {
      return;
    }
    ReportRequest.Builder request = ReportRequest.newBuilder().setNode(node).setComplete(complete);
    for (HostedShard shard : host.shards()) {
      ShardReport report = report(shard);
      ShardReport before = acknowledged.get(report.getShard());
      boolean same = before != null && report.equals(weighedAs(before, report));
      if (complete || !same) {
        request.addShards(
            report.toBuilder().setApproximateBytes(host.approximateBytes(report.getShard())));
      }
    }
    ReportRequest sent = request.build();
    underWay = true;
    client
        .call(members.current(), RpcMethods.REPORT, sent, CALL_TIMEOUT)
        .whenComplete((reply, failure) -> control.run(() -> answered(sent, failure)));
  }

  private void answered(ReportRequest sent, @Nullable Throwable failure) {
    underWay = false;
    if (failure == null) {
      complete = false;
      sent.getShardsList().forEach(report -> acknowledged.put(report.getShard(), report));
    } else {
      RpcException why = Control.failure(failure);
      LOG.debug("placement member {} did not take a report", members.current(), why);
      members.failed(why);
      complete = true;
    }
    if (again || failure != null) {
      control.after(PAUSE, this::sendAgain);
    }
  }

  private void sendAgain() {
    try {
      send();
    } catch (StorageException e) {
      fatal.accept(e);
    }
  }

  private static ShardReport report(HostedShard shard) {
    GroupStatus status = shard.group().status();
    return ShardReport.newBuilder()
        .setShard(shard.descriptor().getId())
        .setReplica(status.replica().value())
        .setLeader(status.role() == GroupStatus.RoleName.LEADER)
        .setTerm(status.term())
        .setEpoch(shard.descriptor().getEpoch())
        .setLastIndex(status.lastIndex())
        .setApplied(status.appliedIndex())
        .build();
  }

  private static ShardReport weighedAs(ShardReport report, ShardReport like) {
    return report.toBuilder().setApproximateBytes(like.getApproximateBytes()).build();
  }
}
