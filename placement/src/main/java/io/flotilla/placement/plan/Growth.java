package io.flotilla.placement.plan;

import io.flotilla.placement.model.KeyBytes;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/** Cuts the largest shards of a keyspace until there are as many as somebody asked for. */
final class Growth implements Scheduler {
  private static final String NAME = "grow";

  /** The heaviest; among equals, the one that was cut least often. */
  private static final Comparator<Piece> LARGEST =
      Comparator.<Piece>comparingLong(piece -> -piece.bytes)
          .thenComparingLong(piece -> piece.shard.epoch().version())
          .thenComparingLong(Piece::id);

  @Override
  public void plan(Draft draft) {
    for (Map.Entry<Integer, Integer> goal : draft.view().settings().goals().entrySet()) {
      grow(draft, goal.getKey(), goal.getValue());
    }
  }

  private static void grow(Draft draft, int keyspace, int goal) {
    while (draft.shardsOf(keyspace) < goal && draft.maySplit()) {
      Optional<Piece> largest =
          draft.pieces().stream()
              .filter(piece -> piece.keyspace() == keyspace)
              .filter(piece -> mayBeCut(draft, piece))
              .min(LARGEST);
      if (largest.isEmpty()) {
        draft
            .journal()
            .found(
                NAME,
                0,
                0,
                () ->
                    "no shard of keyspace "
                        + keyspace
                        + " can be cut now, though more are asked for");
        return;
      }
      String reason = "more shards were asked for, up to " + goal;
      draft.split(reason, largest.get(), KeyBytes.EMPTY);
    }
  }

  private static boolean mayBeCut(Draft draft, Piece piece) {
    Optional<String> obstacle = draft.whyNot(ShardRule.TO_CHOOSE_FOR_SPLIT, piece);
    obstacle.ifPresent(
        why ->
            draft
                .journal()
                .found(
                    NAME, piece.id(), 0, () -> "shard " + piece.id() + " is not cut: it " + why));
    return obstacle.isEmpty();
  }
}
