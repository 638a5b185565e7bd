package io.flotilla.placement.plan;

import io.flotilla.placement.model.Node;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Chooses nodes for the shards of one new keyspace, one shard after the other. In this order: never
 * two replicas of a shard on one node; as few of them in one zone as possible, then in one rack; an
 * equal share of the keyspace for each node of a rack, and for racks and zones by their number of
 * nodes; and, among equals, the node that holds least of other keyspaces, then the lowest id. With
 * zones and racks of equal size, or none, no node gets two more replicas than another.
 */
final class FirstNodes {
  /** The cluster, a zone, a rack or a node. */
  private static final class Bin {
    final long node;
    final List<Bin> within;
    final int nodes;
    final int elsewhere;
    int here;
    int ofThisShard;

    Bin(long node, int elsewhere) {
      this.node = node;
      this.within = List.of();
      this.nodes = 1;
      this.elsewhere = elsewhere;
    }

    Bin(Collection<Bin> within) {
      this.node = 0;
      this.within = List.copyOf(within);
      this.nodes = within.stream().mapToInt(bin -> bin.nodes).sum();
      this.elsewhere = within.stream().mapToInt(bin -> bin.elsewhere).sum();
    }

    boolean hasRoom() {
      return ofThisShard < nodes;
    }

    /** How many of the shard's replicas the next one would find beside it, one level down. */
    int crowdWithin() {
      return within.stream().filter(Bin::hasRoom).mapToInt(bin -> bin.ofThisShard).min().orElse(0);
    }

    /** The node for one replica more. */
    long take() {
      Bin bin =
          within.isEmpty() ? this : within.stream().filter(Bin::hasRoom).min(BETTER).orElseThrow();
      ofThisShard++;
      here++;
      return bin == this ? node : bin.take();
    }

    void nextShard() {
      ofThisShard = 0;
      within.forEach(Bin::nextShard);
    }
  }

  private static final Comparator<Bin> BETTER =
      Comparator.<Bin>comparingInt(bin -> bin.ofThisShard)
          .thenComparingInt(Bin::crowdWithin)
          .thenComparing((a, b) -> Long.compare(share(a.here, b), share(b.here, a)))
          .thenComparing((a, b) -> Long.compare(share(a.elsewhere, b), share(b.elsewhere, a)));

  private final Bin cluster;

  FirstNodes(Collection<Node> nodes, NodeLoads loads) {
    Map<String, Map<Place, List<Bin>>> zones = new TreeMap<>();
    nodes.stream()
        .sorted(Comparator.comparingLong(Node::id))
        .forEach(
            node ->
                zones
                    .computeIfAbsent(node.zone(), zone -> new LinkedHashMap<>())
                    .computeIfAbsent(Place.of(node), rack -> new ArrayList<>())
                    .add(new Bin(node.id(), loads.replicasOn(node.id()))));
    this.cluster = new Bin(zones.values().stream().map(FirstNodes::zone).toList());
  }

  private static Bin zone(Map<Place, List<Bin>> racks) {
    return new Bin(racks.values().stream().map(Bin::new).toList());
  }

  /**
   * Nodes for the next shard, by id.
   *
   * @param replicas no more than there are nodes
   */
  List<Long> next(int replicas) {
    cluster.nextShard();
    List<Long> chosen = new ArrayList<>(replicas);
    for (int i = 0; i < replicas; i++) {
      chosen.add(cluster.take());
    }
    return chosen.stream().sorted().toList();
  }

  // Compares a's load per node with b's without dividing.
  private static long share(int load, Bin other) {
    return (long) load * other.nodes;
  }
}
