package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.KeyspacePlan;
import io.flotilla.placement.plan.KeyspacePlanner;
import io.flotilla.placement.plan.KeyspaceWish;
import io.flotilla.placement.plan.PlanRefusedException;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.placement.store.Outcome;
import io.flotilla.proto.placement.CreateKeyspaceReply;
import io.flotilla.proto.placement.CreateKeyspaceRequest;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcCall;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Creates keyspaces that somebody asked for: plan on what is, propose, and plan again if nodes or
 * keyspaces changed meanwhile. Only for the desk's thread.
 */
final class KeyspaceDoor {
  private static final int ATTEMPTS_MAX = 8;

  /**
   * Bounds the complete map in bytes, and with it a decision: both travel as one message, and a
   * status takes about three times as much. Enough for 60,000 shards of three replicas.
   */
  static final int MAP_BYTES_MAX = 4 << 20;

  private final LeaderGate gate;
  private final Supplier<ClusterView> view;
  private final Supplier<Set<Long>> silentNodes;
  private final PlacementPolicy policy;

  KeyspaceDoor(
      LeaderGate gate,
      Supplier<ClusterView> view,
      Supplier<Set<Long>> silentNodes,
      PlacementPolicy policy) {
    this.gate = gate;
    this.view = view;
    this.silentNodes = silentNodes;
    this.policy = policy;
  }

  void create(RpcCall<CreateKeyspaceRequest, CreateKeyspaceReply> call) {
    KeyspaceWish wish;
    try {
      wish = wish(call.request());
    } catch (IllegalArgumentException wrong) {
      call.fail(ErrorCode.INVALID_REQUEST, String.valueOf(wrong.getMessage()));
      return;
    }
    if (Keyspace.builtIn(wish.name()).isPresent() && !view.get().hasKeyspaceNamed(wish.name())) {
      call.fail(
          ErrorCode.CONFLICT,
          String.format(
              "keyspace '%s' is built in: it is created as soon as %d nodes are registered",
              wish.name(), policy.replicas()));
      return;
    }
    attempt(call, wish, 1);
  }

  private KeyspaceWish wish(CreateKeyspaceRequest request) {
    List<KeyBytes> splitKeys = request.getSplitKeysList().stream().map(MapMessages::read).toList();
    int shards =
        request.getShards() == 0 && !splitKeys.isEmpty()
            ? splitKeys.size() + 1
            : request.getShards();
    return new KeyspaceWish(
        request.getName(),
        MapMessages.read(request.getPartitioning()),
        shards,
        splitKeys,
        request.getReplicas() == 0 ? policy.replicas() : request.getReplicas());
  }

  private void attempt(
      RpcCall<CreateKeyspaceRequest, CreateKeyspaceReply> call, KeyspaceWish wish, int attempt) {
    ClusterView now = view.get();
    PlacementCommand command;
    try {
      KeyspacePlan plan = KeyspacePlanner.plan(now, wish, silentNodes.get());
      command = PlacementCommand.newBuilder().setCreateKeyspace(MapMessages.write(plan)).build();
    } catch (PlanRefusedException refused) {
      call.fail(ErrorCode.CONFLICT, String.valueOf(refused.getMessage()));
      return;
    }
    int wanted = command.getSerializedSize();
    int taken = MapUpdates.complete(now, List.of()).getSerializedSize();
    if (wanted + taken > MAP_BYTES_MAX) {
      call.fail(
          wanted > MAP_BYTES_MAX ? ErrorCode.INVALID_REQUEST : ErrorCode.CONFLICT,
          String.format(
              "these shards take %d bytes to describe, the others %d; allowed: %d in all; use"
                  + " fewer shards or shorter split keys",
              wanted, taken, MAP_BYTES_MAX));
      return;
    }
    gate.decide(call, command, result -> answer(call, wish, attempt, result));
  }

  private void answer(
      RpcCall<CreateKeyspaceRequest, CreateKeyspaceReply> call,
      KeyspaceWish wish,
      int attempt,
      PlacementResult result) {
    if (result.getErrorCode() == Outcome.DONE.number()) {
      call.reply(CreateKeyspaceReply.newBuilder().setKeyspace(result.getKeyspace()).build());
    } else if (attempt < ATTEMPTS_MAX) {
      attempt(call, wish, attempt + 1);
    } else {
      call.fail(
          ErrorCode.OVERLOADED, "nodes and keyspaces change too fast: " + result.getMessage());
    }
  }
}
