package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.plan.MovePlanner;
import io.flotilla.placement.plan.PlanRefusedException;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.placement.MoveOrder;
import io.flotilla.proto.placement.MoveReplicaReply;
import io.flotilla.proto.placement.MoveReplicaRequest;
import io.flotilla.proto.placement.PlacementCommand;
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
    MoveReplicaRequest wish = call.request();
    gate.decidePlanned(
        call,
        () -> PlacementCommand.newBuilder().setMoveReplica(MapMessages.write(plan(wish))).build(),
        result -> call.reply(MoveReplicaReply.newBuilder().setJob(result.getJob()).build()));
  }

  private Move plan(MoveReplicaRequest wish) throws PlanRefusedException {
    return MovePlanner.plan(
        view.get(), wish.getShard(), wish.getFromNode(), wish.getToNode(), silentNodes.get());
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
