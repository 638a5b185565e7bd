package io.flotilla.placement.plan;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Where a replica goes that has to leave its node. Pure. */
public final class MovePlanner {
  private MovePlanner() {}

  /**
   * Plans one move. In this order: never two replicas of a shard on one node; no node that is
   * silent; no zone in which another replica of the shard stays, if that can be avoided; the node
   * that has, or is to get, the fewest replicas; the lowest id.
   *
   * @param fromNode a node that holds a replica of the shard
   * @param toNode 0 to choose one
   * @return a move with id 0; or the one under way, if that is what is wished for
   * @throws PlanRefusedException if it cannot be done, saying which rule forbids it
   */
  public static Move plan(
      ClusterView view, long shardId, long fromNode, long toNode, Set<Long> silentNodes)
      throws PlanRefusedException {
    Revised<Shard> known = view.shards().get(shardId);
    if (known == null) {
      throw new PlanRefusedException("there is no shard " + shardId);
    }
    Shard shard = known.value();
    Replica leaving =
        shard.replicas().stream()
            .filter(replica -> replica.node() == fromNode)
            .findFirst()
            .orElseThrow(
                () ->
                    new PlanRefusedException(
                        "shard " + shardId + " has no replica on node " + fromNode));
    Move underWay = view.moves().get(shardId);
    if (underWay != null) {
      if (underWay.from() == leaving.id() && (toNode == 0 || toNode == underWay.to().node())) {
        return underWay;
      }
      throw new PlanRefusedException(underWay.isInTheWay());
    }
    long to = toNode == 0 ? choose(view, shard, fromNode, silentNodes) : toNode;
    check(view, shard, to, silentNodes);
    Replica coming = new Replica(to, view.freshIds().replica(), Replica.Role.VOTER);
    return new Move(0, shardId, leaving.id(), coming);
  }

  private static void check(ClusterView view, Shard shard, long to, Set<Long> silentNodes)
      throws PlanRefusedException {
    if (!view.nodes().containsKey(to)) {
      throw new PlanRefusedException("there is no node " + to);
    }
    if (holds(shard, to)) {
      throw new PlanRefusedException(
          "node " + to + " holds a replica of shard " + shard.id() + " already");
    }
    if (silentNodes.contains(to)) {
      throw new PlanRefusedException("node " + to + " is silent");
    }
  }

  private static long choose(ClusterView view, Shard shard, long fromNode, Set<Long> silentNodes)
      throws PlanRefusedException {
    Map<Long, Integer> loads = new HashMap<>(NodeLoads.of(view).replicas());
    view.moves().values().forEach(move -> loads.merge(move.to().node(), 1, Integer::sum));
    Set<String> taken = new HashSet<>();
    for (Replica replica : shard.replicas()) {
      if (replica.node() != fromNode) {
        taken.add(zone(view, replica.node()));
      }
    }
    List<Node> fit =
        view.nodes().values().stream()
            .map(Revised::value)
            .filter(node -> !holds(shard, node.id()) && !silentNodes.contains(node.id()))
            .toList();
    return fit.stream()
        .min(
            Comparator.<Node, Boolean>comparing(node -> taken.contains(node.zone()))
                .thenComparing(node -> loads.getOrDefault(node.id(), 0))
                .thenComparing(Node::id))
        .map(Node::id)
        .orElseThrow(
            () ->
                new PlanRefusedException(
                    "every other node holds a replica of shard "
                        + shard.id()
                        + " or is silent; add a node"));
  }

  private static String zone(ClusterView view, long node) {
    Revised<Node> known = view.nodes().get(node);
    return known == null ? "" : known.value().zone();
  }

  private static boolean holds(Shard shard, long node) {
    return shard.replicas().stream().anyMatch(replica -> replica.node() == node);
  }
}
