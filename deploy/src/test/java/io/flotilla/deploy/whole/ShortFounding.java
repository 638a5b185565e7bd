package io.flotilla.deploy.whole;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.KeyspacePlan;
import io.flotilla.placement.plan.KeyspacePlanner;
import io.flotilla.placement.plan.KeyspaceWish;
import io.flotilla.placement.plan.PlanRefusedException;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.raft.sim.Chance;
import java.util.List;
import java.util.Set;

/**
 * Keyspaces as they are after their shards were cut to what is left of them: on one node or two,
 * though more replicas are asked for. Founded while there are too few nodes for placement to do it.
 */
final class ShortFounding {
  static final int NODES = 2;
  private static final long AGAIN_MICROS = 500_000;

  private final WholeCluster whole;
  private final Chance chance;
  private boolean done;

  /**
   * @param chance of its own, so that other runs are as they were
   */
  ShortFounding(WholeCluster whole, Chance chance) {
    this.whole = whole;
    this.chance = chance;
  }

  void begin() {
    whole.members().stream()
        .filter(SimMember::leads)
        .forEach(member -> member.view().ifPresent(view -> found(member, view)));
    if (!done) {
      whole.world().clock().after(AGAIN_MICROS, this::begin);
    }
  }

  private void found(SimMember member, ClusterView view) {
    done = view.keyspaces().size() == Keyspace.BUILT_IN.size();
    if (view.nodes().size() == NODES) {
      Keyspace.BUILT_IN.stream()
          .filter(keyspace -> !view.hasKeyspaceNamed(keyspace.name()))
          .findFirst()
          .ifPresent(keyspace -> member.propose(command(view, keyspace)));
    }
  }

  private byte[] command(ClusterView view, Keyspace keyspace) {
    KeyspaceWish few =
        new KeyspaceWish(
            keyspace.name(),
            keyspace.partitioning(),
            whole.policy().initialShards(),
            List.of(),
            chance.between(1, NODES));
    try {
      KeyspacePlan plan = KeyspacePlanner.plan(view, few, Set.of());
      Keyspace more = plan.keyspace().withReplicas(whole.policy().replicas());
      return PlacementCommand.newBuilder()
          .setCreateKeyspace(
              MapMessages.write(new KeyspacePlan(plan.revision(), more, plan.shards())))
          .build()
          .toByteArray();
    } catch (PlanRefusedException refused) {
      throw new AssertionError(refused);
    }
  }
}
