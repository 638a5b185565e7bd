package io.flotilla.placement.plan;

import io.flotilla.placement.model.KeyBytes;
import java.util.List;
import java.util.Optional;

/** Cuts shards that have become too large. */
final class SizeSplit implements Scheduler {
  private static final String NAME = "size";

  @Override
  public void plan(Draft draft) {
    for (Piece piece : List.copyOf(draft.pieces())) {
      if (piece.bytes > draft.policy().splitBytes()) {
        Optional<String> obstacle = draft.whyNot(ShardRule.TO_CHOOSE_FOR_SPLIT, piece);
        String large =
            String.format(
                "it weighs about %d MiB, more than %d",
                piece.bytes >> 20, draft.policy().splitBytes() >> 20);
        if (obstacle.isEmpty()) {
          draft.split(large, piece, KeyBytes.EMPTY);
        } else {
          draft
              .journal()
              .found(
                  NAME,
                  piece.id(),
                  0,
                  () -> large + ", but shard " + piece.id() + " " + obstacle.get());
        }
      }
    }
  }
}
