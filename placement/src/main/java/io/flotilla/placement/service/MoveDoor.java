package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.plan.MovePlanner;
import io.flotilla.placement.plan.PlanRefusedException;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.placement.store.Outcome;
import io.flotilla.proto.placement.MoveOrder;
import io.flotilla.proto.placement.MoveReplicaReply;
import io.flotilla.proto.placement.MoveReplicaRequest;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Moves of replicas: taken from whoever asks for one, and told again and again to the nodes that
 * have to do something about it. Only for the desk's thread.
 */
final class MoveDoor {
  private static final int ATTEMPTS_MAX = 8;

  private final LeaderGate gate;
  private final Supplier<ClusterView> view;
  private final Supplier<Set<Long>> silentNodes;
  private final ReportTable reports;

  MoveDoor(
      LeaderGate gate,
      Supplier<ClusterView> view,
      Supplier<Set<Long>> silentNodes,
      ReportTable reports) {
    this.gate = gate;
    this.view = view;
    this.silentNodes = silentNodes;
    this.reports = reports;
  }

  void begin(RpcCall<MoveReplicaRequest, MoveReplicaReply> call) {
    attempt(call, 1);
  }

  private void attempt(RpcCall<MoveReplicaRequest, MoveReplicaReply> call, int attempt) {
    MoveReplicaRequest wish = call.request();
    Move move;
    try {
      move =
          MovePlanner.plan(
              view.get(), wish.getShard(), wish.getFromNode(), wish.getToNode(), silentNodes.get());
    } catch (PlanRefusedException refused) {
      call.fail(ErrorCode.CONFLICT, String.valueOf(refused.getMessage()));
      return;
    }
    gate.decide(
        call,
        PlacementCommand.newBuilder().setMoveReplica(MapMessages.write(move)).build(),
        result -> answer(call, attempt, result));
  }

  private void answer(
      RpcCall<MoveReplicaRequest, MoveReplicaReply> call, int attempt, PlacementResult result) {
    if (result.getErrorCode() == Outcome.DONE.number()) {
      call.reply(MoveReplicaReply.newBuilder().setJob(result.getJob()).build());
    } else if (attempt < ATTEMPTS_MAX) {
      attempt(call, attempt + 1);
    } else {
      call.fail(ErrorCode.OVERLOADED, "the map changes too fast: " + result.getMessage());
    }
  }

  /** What a node is to do: as leader of the shards that it leads, or as who gets a replica. */
  List<MoveOrder> ordersFor(long node) {
    ClusterView now = view.get();
    List<MoveOrder> orders = new ArrayList<>();
    for (Move move : now.moves().values()) {
      Revised<Shard> shard = now.shards().get(move.shard());
      boolean leads = reports.leaderOf(move.shard()).getNode() == node;
      if (shard != null && (leads || move.to().node() == node)) {
        orders.add(
            MoveOrder.newBuilder()
                .setJob(move.id())
                .setShard(MapMessages.write(shard.value()))
                .setFrom(move.from())
                .setTo(MapMessages.write(move).getTo())
                .build());
      }
    }
    return orders;
  }
}
