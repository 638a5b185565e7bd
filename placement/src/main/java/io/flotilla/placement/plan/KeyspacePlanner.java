package io.flotilla.placement.plan;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Epoch;
import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.KeyRange;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.KeyspacePlan;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Plans a new keyspace: its id, its shards, their replicas, and who should lead them. */
public final class KeyspacePlanner {
  private KeyspacePlanner() {}

  /**
   * Says what the cluster would look like with the keyspace that is wished for.
   *
   * @param avoided nodes that must get nothing: the silent, and those that are being drained
   * @throws PlanRefusedException if the name is taken or there are not enough nodes
   */
  public static KeyspacePlan plan(ClusterView view, KeyspaceWish wish, Set<Long> avoided)
      throws PlanRefusedException {
    if (view.hasKeyspaceNamed(wish.name())) {
      throw new PlanRefusedException("keyspace '" + wish.name() + "' exists already");
    }
    List<Node> nodes =
        view.nodesSince(0).stream().filter(node -> !avoided.contains(node.id())).toList();
    if (nodes.size() < wish.replicas()) {
      throw new PlanRefusedException(
          String.format(
              "%d replicas on different nodes need %d nodes; %d are registered, and %d of them"
                  + " neither silent nor draining",
              wish.replicas(), wish.replicas(), view.nodes().size(), nodes.size()));
    }
    Keyspace keyspace =
        Keyspace.builtIn(wish.name())
            .filter(builtIn -> builtIn.partitioning() == wish.partitioning())
            .orElseGet(
                () -> new Keyspace(view.freshIds().keyspace(), wish.name(), wish.partitioning(), 0))
            .withReplicas(wish.replicas());
    return new KeyspacePlan(view.revision(), keyspace, shards(view, keyspace, wish, nodes));
  }

  private static List<Shard> shards(
      ClusterView view, Keyspace keyspace, KeyspaceWish wish, List<Node> nodes) {
    List<KeyRange> ranges = ShardCuts.of(keyspace, wish);
    NodeLoads loads = NodeLoads.of(view);
    FirstNodes spread = new FirstNodes(nodes, loads);
    List<List<Long>> placements = new ArrayList<>(ranges.size());
    for (int i = 0; i < ranges.size(); i++) {
      placements.add(spread.next(wish.replicas()));
    }
    List<Long> leaders = LeaderSpread.over(placements, loads);

    FreshIds ids = view.freshIds();
    long nextReplica = ids.replica();
    List<Shard> shards = new ArrayList<>(ranges.size());
    for (int i = 0; i < ranges.size(); i++) {
      List<Replica> replicas = new ArrayList<>(wish.replicas());
      long leader = 0;
      for (long node : placements.get(i)) {
        leader = node == leaders.get(i) ? nextReplica : leader;
        replicas.add(new Replica(node, nextReplica++, Replica.Role.VOTER));
      }
      shards.add(
          new Shard(ids.shard() + i, keyspace.id(), ranges.get(i), Epoch.FIRST, replicas, leader));
    }
    return shards;
  }
}
