package io.flotilla.shard.report;

import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Partitioning;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.LoadReport;
import io.flotilla.proto.placement.ReportReply;
import io.flotilla.proto.placement.ReportRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.SnapshotProgress;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.port.StorageException;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.PlacementEndpoints;
import io.flotilla.rpc.RpcCaller;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.host.NodeTable;
import io.flotilla.shard.host.ShardHost;
import io.flotilla.shard.host.ShardLoad;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
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

  private final RpcCaller client;
  private final Control control;
  private final PlacementMembers members;
  private final ShardHost host;
  private final long node;
  private final Consumer<Throwable> fatal;
  private final Consumer<String> removed;
  private final Moves moves;
  private final Splits splits;
  private final Transfers transfers;
  private final Keyspaces keyspaces;
  private final Suspects suspects;
  private final Merges merges;
  private final Recoveries recoveries;
  private final Refused refused = new Refused();
  private final Acknowledged acknowledged = new Acknowledged();
  private boolean underWay;
  private boolean soon;
  private boolean again;

  /**
   * @param fatal told when the disk fails
   * @param removed told in words when placement says that this node was removed
   */
  Reports(
      RpcCaller client,
      Control control,
      PlacementEndpoints placement,
      ShardHost host,
      long node,
      NodeTable nodes,
      Keyspaces keyspaces,
      Consumer<Throwable> fatal,
      Consumer<String> removed) {
    this.fatal = fatal;
    this.removed = removed;
    this.client = client;
    this.control = control;
    this.members = new PlacementMembers(placement);
    this.host = host;
    this.node = node;
    this.keyspaces = keyspaces;
    this.moves = new Moves(node, host, control);
    Proposals proposals = new Proposals(control);
    this.splits = new Splits(host, keyspaces, proposals, refused);
    this.suspects = new Suspects(client, control, nodes, node);
    this.transfers = new Transfers(host, control, refused);
    this.merges = new Merges(host, proposals, refused);
    this.recoveries = new Recoveries(host, control, refused);
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
    ReportRequest.Builder request = ReportRequest.newBuilder().setNode(node);
    Set<Long> gone = new TreeSet<>(acknowledged.shards());
    Map<Long, Long> missed = new TreeMap<>(host.missed());
    for (HostedShard shard : host.shards()) {
      missed.remove(shard.descriptor().getId());
      gone.remove(shard.descriptor().getId());
      tell(report(shard), shard::descriptor, request);
    }
    missed.forEach((shard, replica) -> tellMissed(shard, replica, request));
    gone.removeAll(missed.keySet());
    request.addAllGone(gone).addAllRefusals(refused.unheard());
    suspects.tell(request);
    acknowledged.seal(request);
    ReportRequest sent = request.build();
    underWay = true;
    client
        .call(members.current(), RpcMethods.REPORT, sent, CALL_TIMEOUT)
        .whenComplete((reply, failure) -> control.run(() -> answered(sent, reply, failure)));
  }

  private void tell(ShardReport report, Supplier<Shard> descriptor, ReportRequest.Builder request)
      throws StorageException {
    Optional<ShardReport> before = acknowledged.of(report.getShard());
    boolean same = before.filter(known -> report.equals(weighedAs(known, report))).isPresent();
    if (!same || acknowledged.isToBeRepeated(report.getShard())) {
      ShardReport.Builder news =
          report.toBuilder().setApproximateBytes(host.approximateBytes(report.getShard()));
      if (isNews(report, before)) {
        news.setChanged(descriptor.get());
      }
      request.addShards(news);
    }
  }

  private void tellMissed(long shard, long replica, ReportRequest.Builder request) {
    ShardReport report =
        ShardReport.newBuilder().setShard(shard).setReplica(replica).setLost(true).build();
    if (acknowledged.isToBeRepeated(shard)
        || acknowledged.of(shard).filter(report::equals).isEmpty()) {
      request.addShards(report);
    }
  }

  /** Whether placement may not know the descriptor, and is to hear it from this leader. */
  private boolean isNews(ShardReport report, Optional<ShardReport> before) {
    boolean said =
        !acknowledged.isToBeRepeated(report.getShard())
            && before
                .filter(ShardReport::getLeader)
                .filter(known -> known.getEpoch().equals(report.getEpoch()))
                .isPresent();
    return report.getLeader() && !isAsCreated(report.getEpoch()) && !said;
  }

  private static boolean isAsCreated(Epoch epoch) {
    return epoch.getConfVersion() == 1 && epoch.getVersion() == 1;
  }

  private void answered(
      ReportRequest sent, @Nullable ReportReply reply, @Nullable Throwable failure) {
    underWay = false;
    if (reply != null) {
      acknowledged.take(sent, reply);
      refused.heard(sent.getRefusalsList());
      suspects.look(reply.getSuspectsList());
      obey(reply);
    } else if (failure != null) {
      RpcException why = Control.failure(failure);
      if (why.code() == ErrorCode.REMOVED) {
        removed.accept(why.detail().getMessage());
        return;
      }
      LOG.debug("placement member {} did not take a report", members.current(), why);
      members.failed(why);
      acknowledged.lost();
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
            + reply.getRecoveriesCount()
        > 0;
  }

  private void obey(ReportReply reply) {
    try {
      moves.obey(reply.getOrdersList());
      splits.obey(reply.getSplitsList());
      transfers.obey(reply.getTransfersList());
      merges.obey(reply.getMergesList());
      recoveries.obey(reply.getRecoveriesList());
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

  private ShardReport report(HostedShard shard) {
    GroupStatus status = shard.group().status();
    long perSecond = shard.load().perSecond(); // also of one that may lead soon
    boolean leads = status.role() == GroupStatus.RoleName.LEADER && !shard.isLost();
    ShardReport.Builder report = ShardReport.newBuilder();
    if (leads && perSecond > 0) {
      report.setLoad(load(shard, perSecond));
    }
    shard
        .group()
        .snapshotComing()
        .ifPresent(
            coming ->
                report.setSnapshot(
                    SnapshotProgress.newBuilder()
                        .setBytes(coming.bytes())
                        .setBytesTotal(coming.bytesTotal())));
    Shard descriptor = shard.descriptor();
    if (hearsNobodyLead(status)) {
      report.addAllAhead(shard.membersAhead());
      if (!isAsCreated(descriptor.getEpoch())) {
        report.setLeaderless(descriptor);
      }
    }
    return report
        .setShard(descriptor.getId())
        .setReplica(status.replica().value())
        .setLeader(leads)
        .setLost(shard.isLost())
        .setTerm(status.term())
        .setEpoch(descriptor.getEpoch())
        .setLastIndex(status.lastIndex())
        .setLastTerm(status.lastTerm())
        .setApplied(status.appliedIndex())
        .setSettled(leads && shard.isSettled())
        .build();
  }

  private static boolean hearsNobodyLead(GroupStatus status) {
    return status.role() != GroupStatus.RoleName.LEADER && status.leader().isEmpty();
  }

  /** Of a busy shard as it is; of any other in steps, so that small changes are no news. */
  private LoadReport load(HostedShard shard, long perSecond) {
    if (perSecond < ShardLoad.BUSY) {
      return LoadReport.newBuilder().setOperationsPerSecond(Long.highestOneBit(perSecond)).build();
    }
    boolean slots =
        keyspaces
            .partitioning(shard.descriptor().getKeyspace())
            .filter(Partitioning.HASH::equals)
            .isPresent();
    return LoadCut.of(shard.load().sampled(), shard::hasInRange, slots).toBuilder()
        .setOperationsPerSecond(perSecond)
        .build();
  }

  private static ShardReport weighedAs(ShardReport report, ShardReport like) {
    return report.toBuilder().setApproximateBytes(like.getApproximateBytes()).build();
  }
}
