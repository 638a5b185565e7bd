package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Recovery;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.plan.LoadView;
import io.flotilla.placement.plan.Loss;
import io.flotilla.placement.plan.LossPlanner;
import io.flotilla.placement.plan.PlanRefusedException;
import io.flotilla.placement.store.JobMessages;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.BeginJobs;
import io.flotilla.proto.placement.LostReplica;
import io.flotilla.proto.placement.LostShard;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlannedJob;
import io.flotilla.proto.placement.RecoverShardsRequest;
import io.flotilla.proto.placement.ShardReport;
import io.flotilla.proto.placement.ShardSurvivor;
import io.flotilla.rpc.RpcCall;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Shards that have lost their majority for good: which they are, and that they go on with what is
 * left, if somebody has seen what that costs and wants it. Only for the desk's thread.
 */
final class RecoveryDoor {
  private final LeaderGate gate;
  private final Supplier<ClusterView> view;
  private final Supplier<LoadView> load;
  private final ReportTable reports;

  RecoveryDoor(
      LeaderGate gate, Supplier<ClusterView> view, Supplier<LoadView> load, ReportTable reports) {
    this.gate = gate;
    this.view = view;
    this.load = load;
    this.reports = reports;
  }

  private LossPlanner planner() {
    return new LossPlanner(view.get(), load.get(), this::told);
  }

  private Optional<Loss.Told> told(Replica replica, long shard) {
    return reports.reportOf(replica, shard).map(RecoveryDoor::read);
  }

  private static Loss.Told read(ShardReport report) {
    Optional<ShardReport> told = Optional.of(report);
    return new Loss.Told(
        told.filter(ShardReport::hasEpoch).map(RecoveryDoor::reach),
        report.getLost(),
        told.filter(ShardReport::hasLeaderless).map(own -> MapMessages.read(own.getLeaderless())),
        report.getAheadList().stream().map(MapMessages::read).toList());
  }

  private static Loss.Reach reach(ShardReport report) {
    return new Loss.Reach(
        report.getLastTerm(),
        report.getLastIndex(),
        report.getApplied(),
        MapMessages.read(report.getEpoch()));
  }

  void recover(RpcCall<AdminRequest, AdminReply> call) {
    RecoverShardsRequest wish = call.request().getRecover();
    if (call.request().getDryRun()) {
      AdminDoor.onlyTell(call, () -> call.reply(diagnosis(wish)));
      return;
    }
    begin(call, wish);
  }

  private void begin(RpcCall<AdminRequest, AdminReply> call, RecoverShardsRequest wish) {
    gate.decidePlanned(
        call,
        () -> next(wish),
        result -> {
          if (result.getJobsCount() == 0) {
            begin(call, wish); // now the map knows one more of the shards as it is
            return;
          }
          AdminReply.Builder reply = AdminReply.newBuilder();
          result.getJobsList().forEach(job -> reply.addJobs(PlannedJob.newBuilder().setJob(job)));
          call.reply(reply.build());
        });
  }

  private AdminReply diagnosis(RecoverShardsRequest wish) throws PlanRefusedException {
    AdminReply.Builder reply = AdminReply.newBuilder();
    LossPlanner planner = planner();
    if (wish.getShardsCount() == 0) {
      LossPlanner.Findings found = planner.all();
      found.losses().forEach(loss -> reply.addLost(message(loss)));
      return reply.addAllNotes(found.obstacles()).build();
    }
    for (ShardSurvivor named : wish.getShardsList()) {
      reply.addLost(message(planner.of(named.getShard())));
    }
    return reply.build();
  }

  /**
   * All of them or none: what was agreed to is what is begun. But first, one after the other, those
   * descriptors come into the map that are newer than what it knows.
   */
  private PlacementCommand next(RecoverShardsRequest wish) throws PlanRefusedException {
    if (wish.getShardsCount() == 0) {
      throw new IllegalArgumentException("no shard is named that is to be recovered");
    }
    LossPlanner planner = planner();
    BeginJobs.Builder begin = BeginJobs.newBuilder().setTogether(true);
    for (ShardSurvivor named : wish.getShardsList()) {
      Recovery recovery = planner.recovery(named.getShard(), named.getReplica());
      Optional<Shard> news = news(recovery);
      if (news.isPresent()) {
        return PlacementCommand.newBuilder().setShardChanged(news.get()).build();
      }
      begin.addJobs(JobMessages.write(recovery));
    }
    return PlacementCommand.newBuilder().setBeginJobs(begin).build();
  }

  /** The descriptor that a recovery was planned with, if the map does not have it. */
  private Optional<Shard> news(Recovery planned) {
    var known = view.get().shard(planned.shard()).orElseThrow();
    return planned.expected().equals(known.epoch())
        ? Optional.empty()
        : known.replicas().stream()
            .flatMap(replica -> reports.reportOf(replica, known.id()).stream())
            .filter(ShardReport::hasLeaderless)
            .map(ShardReport::getLeaderless)
            .filter(own -> MapMessages.read(own.getEpoch()).equals(planned.expected()))
            .map(MapMessages::known)
            .findFirst();
  }

  private static LostShard message(Loss loss) {
    LostShard.Builder lost =
        LostShard.newBuilder()
            .setShard(loss.shard().id())
            .setSurvivor(loss.survivor().replica().id());
    loss.replicas().forEach(each -> lost.addReplicas(message(each)));
    return lost.build();
  }

  private static LostReplica message(Loss.Standing standing) {
    LostReplica.Builder replica =
        LostReplica.newBuilder()
            .setReplica(MapMessages.write(standing.replica()))
            .setFate(
                switch (standing.fate()) {
                  case DEAD -> LostReplica.Fate.DEAD;
                  case ALIVE -> LostReplica.Fate.ALIVE;
                  case MISSING -> LostReplica.Fate.MISSING;
                  case LOST -> LostReplica.Fate.LOST;
                });
    standing
        .reach()
        .ifPresent(
            reach ->
                replica
                    .setReported(true)
                    .setLastTerm(reach.lastTerm())
                    .setLastIndex(reach.lastIndex())
                    .setApplied(reach.applied()));
    return replica.build();
  }
}
