package io.flotilla.deploy.whole;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Node;
import io.flotilla.raft.sim.FaultCounts;
import io.flotilla.raft.sim.FaultKind;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/** Counts drains that came to their end, and nodes that were removed after it. One thread. */
final class Drains {
  private final FaultCounts counts;

  /** Nodes that drain, and still had replicas when that was last looked at. */
  private final Set<Long> underWay = new HashSet<>();

  private long revision;
  private int removed;

  Drains(FaultCounts counts) {
    this.counts = counts;
  }

  /** For each revision of the map that is met; one older than another says nothing. */
  void look(ClusterView view) {
    if (view.revision() <= revision) {
      return;
    }
    revision = view.revision();
    Set<Long> holding = new HashSet<>();
    view.shards().values().stream()
        .map(shard -> shard.value().replicas())
        .flatMap(Collection::stream)
        .forEach(replica -> holding.add(replica.node()));
    for (Node node : view.nodesSince(0)) {
      if (!node.isDraining()) {
        underWay.remove(node.id());
      } else if (holding.contains(node.id())) {
        underWay.add(node.id());
      } else if (underWay.remove(node.id())) {
        counts.add(FaultKind.DRAIN);
      }
    }
    for (; removed < view.removed().size(); removed++) {
      counts.add(FaultKind.REMOVAL);
    }
  }
}
