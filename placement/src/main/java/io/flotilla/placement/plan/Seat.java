package io.flotilla.placement.plan;

import io.flotilla.placement.model.Node;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** A node as a plan sees it: with all that is under way, and all that was planned, done already. */
final class Seat {
  final Node node;
  final Place place;
  final LoadView.Health health;

  /** Shards that have, or will have, a replica here. */
  final Set<Piece> pieces = new LinkedHashSet<>();

  final Map<Integer, Integer> byKeyspace = new HashMap<>();
  int leaders;
  int movesIn;
  int movesOut;

  Seat(Node node, LoadView.Health health) {
    this.node = node;
    this.place = Place.of(node);
    this.health = health;
  }

  long id() {
    return node.id();
  }

  int replicas() {
    return pieces.size();
  }

  int replicasOf(int keyspace) {
    return byKeyspace.getOrDefault(keyspace, 0);
  }

  void add(Piece piece) {
    if (pieces.add(piece)) {
      byKeyspace.merge(piece.keyspace(), 1, Integer::sum);
    }
  }

  void remove(Piece piece) {
    if (pieces.remove(piece)) {
      byKeyspace.merge(piece.keyspace(), -1, Integer::sum);
    }
  }

  /** Whether things may be evened out with it. */
  boolean isSteady() {
    return health == LoadView.Health.STEADY && !node.isDraining();
  }
}
