package io.flotilla.placement.plan;

import io.flotilla.placement.model.Node;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Chooses nodes for the shards of one new keyspace, one shard after the other. In this order: never
 * two replicas of a shard on one node; as few of them in one zone as possible; an equal share of
 * the keyspace for each node of a zone, and for zones by their number of nodes; and, among equals,
 * the node that holds least of other keyspaces, then the lowest id. With zones of equal size, or
 * none, no node gets two more replicas than another.
 */
final class ReplicaSpread {
  private static final class Place {
    final Node node;
    final int elsewhere;
    int here;

    Place(Node node, int elsewhere) {
      this.node = node;
      this.elsewhere = elsewhere;
    }
  }

  private static final class Zone {
    final List<Place> places = new ArrayList<>();
    int here;
    int elsewhere;
    int ofThisShard;

    void add(Place place) {
      places.add(place);
      elsewhere += place.elsewhere;
    }

    boolean hasRoom() {
      return ofThisShard < places.size();
    }
  }

  private static final Comparator<Place> EMPTIER_PLACE =
      Comparator.<Place>comparingInt(place -> place.here)
          .thenComparingInt(place -> place.elsewhere)
          .thenComparingLong(place -> place.node.id());

  private static final Comparator<Zone> BETTER_ZONE =
      Comparator.<Zone>comparingInt(zone -> zone.ofThisShard)
          .thenComparing((a, b) -> Long.compare(share(a.here, b), share(b.here, a)))
          .thenComparing((a, b) -> Long.compare(share(a.elsewhere, b), share(b.elsewhere, a)));

  private final List<Zone> zones;

  ReplicaSpread(Collection<Node> nodes, NodeLoads loads) {
    Map<String, Zone> byName = new TreeMap<>();
    for (Node node : nodes) {
      byName
          .computeIfAbsent(node.zone(), name -> new Zone())
          .add(new Place(node, loads.replicasOn(node.id())));
    }
    this.zones = List.copyOf(byName.values());
  }

  /**
   * Nodes for the next shard, by id.
   *
   * @param replicas no more than there are nodes
   */
  List<Long> next(int replicas) {
    zones.forEach(zone -> zone.ofThisShard = 0);
    Set<Long> chosen = new HashSet<>();
    for (int i = 0; i < replicas; i++) {
      Zone zone = zones.stream().filter(Zone::hasRoom).min(BETTER_ZONE).orElseThrow();
      Place place =
          zone.places.stream()
              .filter(each -> !chosen.contains(each.node.id()))
              .min(EMPTIER_PLACE)
              .orElseThrow();
      chosen.add(place.node.id());
      place.here++;
      zone.here++;
      zone.ofThisShard++;
    }
    return chosen.stream().sorted().toList();
  }

  // Compares a's load per node with b's without dividing.
  private static long share(int load, Zone other) {
    return (long) load * other.places.size();
  }
}
