package io.flotilla.placement.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Two shards side by side in a keyspace. */
record Neighbours(Piece left, Piece right) {
  /** All of them, in the order of keyspaces and keys. */
  static List<Neighbours> among(Collection<Piece> all) {
    Map<Integer, List<Piece>> keyspaces = new TreeMap<>();
    for (Piece piece : all) {
      keyspaces.computeIfAbsent(piece.keyspace(), id -> new ArrayList<>()).add(piece);
    }
    List<Neighbours> pairs = new ArrayList<>();
    for (List<Piece> pieces : keyspaces.values()) {
      pieces.sort(Comparator.comparing(piece -> piece.shard.range().start()));
      for (int i = 1; i < pieces.size(); i++) {
        pairs.add(new Neighbours(pieces.get(i - 1), pieces.get(i)));
      }
    }
    return pairs;
  }

  /** On how many nodes the lighter one is, and the heavier one is not. */
  long apart() {
    return lighter().shard.nodes().stream().filter(node -> !heavier().isOn(node)).count();
  }

  List<Piece> both() {
    return List.of(left, right);
  }

  /** The one that would be absorbed, for it is that one which does not serve meanwhile. */
  Piece lighter() {
    return left.bytes < right.bytes ? left : right;
  }

  /** The one that would absorb it. */
  Piece heavier() {
    return left.bytes < right.bytes ? right : left;
  }
}
