package io.flotilla.shard.report;

import io.flotilla.proto.placement.ReportReply;
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
import java.util.Set;
import java.util.TreeSet;
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

  /** While there is something to carry out: each of its steps is told, and followed by the next. */
  private static final Duration PAUSE_WITH_ORDERS = Duration.ofMillis(200);

  private final RpcClient client;
  private final Control control;
  private final PlacementMembers members;
  private final ShardHost host;
  private final long node;
  private final Consumer<Throwable> fatal;
  private final Moves moves;
  private final Splits splits;
  private final Transfers transfers;
  private final Merges merges;
  private final Refused refused = new Refused();
  private final Map<Long, ShardReport> acknowledged = new HashMap<>();
  private boolean complete = true;
  private boolean underWay;
  private boolean soon;
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
      Keyspaces keyspaces,
      Consumer<Throwable> fatal) {
    this.fatal = fatal;
    this.client = client;
    this.control = control;
    this.members = new PlacementMembers(placement);
    this.host = host;
    this.node = node;
    this.moves = new Moves(node, host, control);
    this.splits = new Splits(host, keyspaces, control, refused);
    this.transfers = new Transfers(host, control, refused);
    this.merges = new Merges(host, control, refused);
  }

  /**
   * Sends a report; if one is still under way, after its answer. Deletes what was given up and
   * reads sizes, on the disk.
   *
   * @throws StorageException if the disk fails
   */
  void send() throws StorageException {
    again = underWay;
    if (underWay) {
      return;
    }
    host.sweep(); // first: who has left is told to be gone
    ReportRequest.Builder request = ReportRequest.newBuilder().setNode(node).setComplete(complete);
    Set<Long> gone = new TreeSet<>(acknowledged.keySet());
    for (HostedShard shard : host.shards()) {
      ShardReport report = report(shard);
      gone.remove(report.getShard());
      ShardReport before = acknowledged.get(report.getShard());
      boolean same = before != null && report.equals(weighedAs(before, report));
      if (complete || !same) {
        ShardReport.Builder news =
            report.toBuilder().setApproximateBytes(host.approximateBytes(report.getShard()));
        if (isNews(report, before)) {
          news.setChanged(shard.descriptor());
        }
        request.addShards(news);
      }
    }
    request.addAllGone(gone).addAllRefusals(refused.unheard());
    ReportRequest sent = request.build();
    underWay = true;
    client
        .call(members.current(), RpcMethods.REPORT, sent, CALL_TIMEOUT)
        .whenComplete((reply, failure) -> control.run(() -> answered(sent, reply, failure)));
  }

  /** Whether placement may not know the descriptor, and is to hear it from this leader. */
  private boolean isNews(ShardReport report, @Nullable ShardReport before) {
    boolean said =
        !complete
            && before != null
            && before.getLeader()
            && before.getEpoch().equals(report.getEpoch());
    boolean asCreated =
        report.getEpoch().getConfVersion() == 1 && report.getEpoch().getVersion() == 1;
    return report.getLeader() && !asCreated && !said;
  }

  private void answered(
      ReportRequest sent, @Nullable ReportReply reply, @Nullable Throwable failure) {
    underWay = false;
    if (reply != null) {
      complete = false;
      for (ShardReport report : sent.getShardsList()) {
        acknowledged.put(report.getShard(), report.toBuilder().clearChanged().build());
      }
      sent.getGoneList().forEach(acknowledged::remove);
      refused.heard(sent.getRefusalsList());
      obey(reply);
    } else if (failure != null) {
      RpcException why = Control.failure(failure);
      LOG.debug("placement member {} did not take a report", members.current(), why);
      members.failed(why);
      complete = true;
    }
    if (again || failure != null) {
      control.after(PAUSE, this::sendAgain);
    } else if (reply != null && (hasOrders(reply) || waitsToSettle()) && !soon) {
      soon = true;
      control.after(
          PAUSE_WITH_ORDERS,
          () -> {
            soon = false;
            sendAgain();
          });
    }
  }

  /** Its clients wait meanwhile. */
  private boolean waitsToSettle() {
    return host.shards().stream()
        .anyMatch(shard -> shard.isFrozen() && shard.leads() && !shard.isSettled());
  }

  private static boolean hasOrders(ReportReply reply) {
    return reply.getOrdersCount()
            + reply.getSplitsCount()
            + reply.getTransfersCount()
            + reply.getMergesCount()
        > 0;
  }

  private void obey(ReportReply reply) {
    try {
      moves.obey(reply.getOrdersList());
      splits.obey(reply.getSplitsList());
      transfers.obey(reply.getTransfersList());
      merges.obey(reply.getMergesList());
    } catch (StorageException e) {
      fatal.accept(e);
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
        .setSettled(shard.isSettled())
        .build();
  }

  private static ShardReport weighedAs(ShardReport report, ShardReport like) {
    return report.toBuilder().setApproximateBytes(like.getApproximateBytes()).build();
  }
}
