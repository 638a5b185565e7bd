package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.KeyspacePlan;
import io.flotilla.placement.plan.KeyspacePlanner;
import io.flotilla.placement.plan.KeyspaceWish;
import io.flotilla.placement.plan.PlanRefusedException;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.proto.placement.PlacementResult;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the leader does unasked: gives the map its cluster's id, and creates the built-in keyspaces
 * as soon as there are nodes for them. One thing at a time; what fails is looked at again at the
 * next round. Harmless on a leader that no longer is one: its proposals are refused.
 */
final class Steward {
  private static final Logger log = LoggerFactory.getLogger(Steward.class);

  private final LeaderGate gate;
  private final String cluster;
  private final PlacementPolicy policy;
  private volatile boolean busy;

  Steward(LeaderGate gate, String cluster, PlacementPolicy policy) {
    this.gate = gate;
    this.cluster = cluster;
    this.policy = policy;
  }

  /** Looks what is to be done, and proposes it. Does not wait. */
  void act(ClusterView view, Set<Long> silentNodes) {
    if (!busy) {
      next(view, silentNodes).ifPresent(this::propose);
    }
  }

  private Optional<PlacementCommand> next(ClusterView view, Set<Long> silentNodes) {
    if (view.cluster().isEmpty()) {
      return Optional.of(PlacementCommand.newBuilder().setAdoptCluster(cluster).build());
    }
    if (view.nodes().size() < policy.replicas()) {
      return Optional.empty();
    }
    return Keyspace.BUILT_IN.stream()
        .filter(keyspace -> !view.hasKeyspaceNamed(keyspace.name()))
        .findFirst()
        .flatMap(keyspace -> plan(view, keyspace, silentNodes));
  }

  private Optional<PlacementCommand> plan(
      ClusterView view, Keyspace keyspace, Set<Long> silentNodes) {
    KeyspaceWish wish =
        new KeyspaceWish(
            keyspace.name(),
            keyspace.partitioning(),
            policy.initialShards(),
            List.of(),
            policy.replicas());
    try {
      KeyspacePlan plan = KeyspacePlanner.plan(view, wish, silentNodes);
      return Optional.of(
          PlacementCommand.newBuilder().setCreateKeyspace(MapMessages.write(plan)).build());
    } catch (PlanRefusedException later) {
      log.debug("keyspace '{}' has to wait: {}", keyspace.name(), later.getMessage());
      return Optional.empty();
    }
  }

  private void propose(PlacementCommand command) {
    busy = true;
    BiConsumer<PlacementResult, Throwable> done =
        (result, failed) -> {
          if (failed != null) {
            log.info("{} has to be tried again: {}", command.getKindCase(), failed.getMessage());
          } else if (result.getErrorCode() != 0) {
            log.warn("{} was refused: {}", command.getKindCase(), result.getMessage());
          } else {
            log.info("{} done at revision {}", command.getKindCase(), result.getRevision());
          }
          busy = false;
        };
    gate.propose(command).whenComplete(done);
  }
}
