package io.flotilla.placement.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Merges neighbours that are both small, where their replicas are on the same nodes already. The
 * lighter one is absorbed, for it is that one which does not serve meanwhile.
 */
final class MergeSmall implements Scheduler {
  private static final String NAME = "merge";

  @Override
  public void plan(Draft draft) {
    if (Evacuation.isWanted(draft)) {
      draft
          .journal()
          .found(NAME, 0, 0, () -> "merging waits: first, dead or draining nodes are emptied");
      return;
    }
    Map<Integer, List<Piece>> keyspaces = new TreeMap<>();
    for (Piece piece : draft.pieces()) {
      keyspaces.computeIfAbsent(piece.keyspace(), id -> new ArrayList<>()).add(piece);
    }
    for (List<Piece> pieces : keyspaces.values()) {
      pieces.sort(Comparator.comparing(piece -> piece.shard.range().start()));
      for (int i = 1; i < pieces.size(); i++) {
        consider(draft, pieces.get(i - 1), pieces.get(i));
      }
    }
  }

  private static void consider(Draft draft, Piece left, Piece right) {
    if (!MergeRule.isSmall(draft, left) && !MergeRule.isSmall(draft, right)) {
      return; // nothing to be said of either
    }
    boolean leftIsLighter = left.bytes < right.bytes;
    Piece shard = leftIsLighter ? left : right;
    Piece into = leftIsLighter ? right : left;
    Optional<String> obstacle = draft.whyNotMerge(MergeRule.TO_CHOOSE, shard, into);
    if (obstacle.isEmpty()) {
      draft.merge(words(draft, shard, into), shard, into);
      return;
    }
    for (Piece piece : List.of(left, right)) {
      if (MergeRule.isSmall(draft, piece)) {
        draft
            .journal()
            .found(
                NAME,
                piece.id(),
                0,
                () ->
                    String.format(
                        "it is small, but shards %d and %d %s",
                        left.id(), right.id(), obstacle.get()));
      }
    }
  }

  private static String words(Draft draft, Piece shard, Piece into) {
    return String.format(
        "they weigh about %d and %d KiB, both less than %d",
        shard.bytes >> 10, into.bytes >> 10, draft.policy().mergeBytes() >> 10);
  }
}
