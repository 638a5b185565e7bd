package io.flotilla.placement.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Two shards side by side in a keyspace. */
record Neighbours(Piece left, Piece right) {
  /** All of them, in the order of keyspaces and keys; none where nothing is merged unasked. */
  static List<Neighbours> in(Draft draft) {
    if (draft.policy().mergeBytes() == 0) {
      return List.of();
    }
    Map<Integer, List<Piece>> keyspaces = new TreeMap<>();
    for (Piece piece : draft.pieces()) {
      keyspaces.computeIfAbsent(piece.keyspace(), id -> new ArrayList<>()).add(piece);
    }
    List<Neighbours> all = new ArrayList<>();
    for (List<Piece> pieces : keyspaces.values()) {
      pieces.sort(Comparator.comparing(piece -> piece.shard.range().start()));
      for (int i = 1; i < pieces.size(); i++) {
        all.add(new Neighbours(pieces.get(i - 1), pieces.get(i)));
      }
    }
    return all;
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
