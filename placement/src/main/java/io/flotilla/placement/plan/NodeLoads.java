package io.flotilla.placement.plan;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import java.util.HashMap;
import java.util.Map;

/** How much each node already holds, in all keyspaces. */
record NodeLoads(Map<Long, Integer> replicas, Map<Long, Integer> preferredLeaders) {
  static NodeLoads of(ClusterView view) {
    Map<Long, Integer> replicas = new HashMap<>();
    Map<Long, Integer> leaders = new HashMap<>();
    for (Revised<Shard> each : view.shards().values()) {
      for (Replica replica : each.value().replicas()) {
        replicas.merge(replica.node(), 1, Integer::sum);
        if (replica.id() == each.value().preferredLeader()) {
          leaders.merge(replica.node(), 1, Integer::sum);
        }
      }
    }
    return new NodeLoads(replicas, leaders);
  }

  int replicasOn(long node) {
    return replicas.getOrDefault(node, 0);
  }

  int preferredLeadersOn(long node) {
    return preferredLeaders.getOrDefault(node, 0);
  }
}
