package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.KeyspacePlan;
import io.flotilla.placement.plan.KeyspacePlanner;
import io.flotilla.placement.plan.KeyspaceWish;
import io.flotilla.placement.plan.MapRoom;
import io.flotilla.placement.plan.PlanRefusedException;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.placement.CreateKeyspaceReply;
import io.flotilla.proto.placement.CreateKeyspaceRequest;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.rpc.RpcCall;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Creates keyspaces that somebody asked for: plan on what is, propose, and plan again if nodes or
 * keyspaces changed meanwhile. Only for the desk's thread.
 */
final class KeyspaceDoor {
  private final LeaderGate gate;
  private final Supplier<ClusterView> view;
  private final Supplier<Set<Long>> avoidedNodes;
  private final PlacementPolicy policy;

  KeyspaceDoor(
      LeaderGate gate,
      Supplier<ClusterView> view,
      Supplier<Set<Long>> avoidedNodes,
      PlacementPolicy policy) {
    this.gate = gate;
    this.view = view;
    this.avoidedNodes = avoidedNodes;
    this.policy = policy;
  }

  void create(RpcCall<CreateKeyspaceRequest, CreateKeyspaceReply> call) {
    gate.decidePlanned(
        call,
        () -> plan(call.request()),
        result -> {
          CreateKeyspaceReply.Builder reply =
              CreateKeyspaceReply.newBuilder().setKeyspace(result.getKeyspace());
          EvenNumber.note(replicas(call.request()), "replicas").ifPresent(reply::addNotes);
          call.reply(reply.build());
        });
  }

  private int replicas(CreateKeyspaceRequest request) {
    return request.getReplicas() == 0 ? policy.replicas() : request.getReplicas();
  }

  private PlacementCommand plan(CreateKeyspaceRequest request) throws PlanRefusedException {
    KeyspaceWish wish = wish(request);
    ClusterView now = view.get();
    if (Keyspace.builtIn(wish.name()).isPresent() && !now.hasKeyspaceNamed(wish.name())) {
      throw new PlanRefusedException(
          String.format(
              "keyspace '%s' is built in: it is created as soon as %d nodes are registered",
              wish.name(), policy.replicas()));
    }
    KeyspacePlan plan = KeyspacePlanner.plan(now, wish, avoidedNodes.get());
    PlacementCommand command =
        PlacementCommand.newBuilder().setCreateKeyspace(MapMessages.write(plan)).build();
    checkSize(command.getSerializedSize(), now);
    return command;
  }

  private static void checkSize(int wanted, ClusterView now) throws PlanRefusedException {
    long taken = MapRoom.in(now).takenBytes();
    String why =
        String.format(
            "these shards take %d bytes to describe, the others %d; allowed: %d in all; use"
                + " fewer shards or shorter split keys",
            wanted, taken, MapRoom.BYTES_MAX);
    if (wanted > MapRoom.BYTES_MAX) {
      throw new IllegalArgumentException(why);
    } else if (wanted + taken > MapRoom.BYTES_MAX) {
      throw new PlanRefusedException(why);
    }
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
        replicas(request));
  }
}
