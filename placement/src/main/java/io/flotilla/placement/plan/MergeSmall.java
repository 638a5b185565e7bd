package io.flotilla.placement.plan;

import java.util.Optional;

/**
 * Merges neighbours that are both small, where their replicas are on the same nodes already. The
 * lighter one is absorbed.
 */
final class MergeSmall implements Scheduler {
  private static final String NAME = "merge";

  @Override
  public void plan(Draft draft) {
    if (draft.policy().mergeBytes() == 0) {
      return;
    }
    if (Evacuation.isWanted(draft)) {
      draft
          .journal()
          .found(NAME, 0, 0, () -> "merging waits: first, dead or draining nodes are emptied");
      return;
    }
    draft.neighbours().forEach(pair -> consider(draft, pair));
  }

  private static void consider(Draft draft, Neighbours pair) {
    Piece shard = pair.lighter();
    Piece into = pair.heavier();
    if (pair.both().stream().noneMatch(piece -> MergeRule.isSmall(draft, piece))) {
      return; // nothing to be said of either
    }
    Optional<String> obstacle = draft.whyNotMerge(MergeRule.TO_CHOOSE, shard, into);
    if (obstacle.isEmpty()) {
      draft.merge(words(draft, shard, into), shard, into);
      return;
    }
    for (Piece piece : pair.both()) {
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
                        pair.left().id(), pair.right().id(), obstacle.get()));
      }
    }
  }

  private static String words(Draft draft, Piece shard, Piece into) {
    return String.format(
        "they weigh about %d and %d KiB, both less than %d",
        shard.bytes >> 10, into.bytes >> 10, draft.policy().mergeBytes() >> 10);
  }
}
