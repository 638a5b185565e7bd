package io.flotilla.placement.plan;

import io.flotilla.placement.model.KeyBytes;
import java.util.List;
import java.util.Optional;

/**
 * Cuts shards that are asked too much, for long enough, where it halves what they are asked as far
 * as their leaders can tell. A shard that is asked for one key stays as it is.
 */
final class LoadSplit implements Scheduler {
  private static final String NAME = "load";
  private static final int SECOND_MILLIS = 1000;

  @Override
  public void plan(Draft draft) {
    for (Piece piece : List.copyOf(draft.pieces())) {
      Heat heat = draft.load().heatOf(piece.id());
      if (draft.policy().heat().isHot(heat)) {
        consider(draft, piece, heat);
      }
    }
  }

  private static void consider(Draft draft, Piece piece, Heat heat) {
    String hot =
        String.format(
            "it is asked for about %d operations/s; from %d on it is split",
            heat.operations(), draft.policy().heat().operations());
    Optional<String> obstacle =
        whyNot(draft, heat)
            .or(
                () ->
                    draft
                        .whyNot(ShardRule.TO_CHOOSE_FOR_SPLIT, piece)
                        .map(why -> "shard " + piece.id() + " " + why));
    if (obstacle.isPresent()) {
      draft.journal().found(NAME, piece.id(), 0, () -> hot + ", but " + obstacle.get());
    } else {
      draft.split(hot, piece, at(piece, heat));
    }
  }

  private static Optional<String> whyNot(Draft draft, Heat heat) {
    if (!heat.lasts()) {
      return Optional.of(
          String.format(
              "this has to last for %d s", draft.policy().heat().lastsMillis() / SECOND_MILLIS));
    }
    return heat.isInOnePlace()
        ? Optional.of(
            String.format(
                "no split would help: the best would take %d %% of them away, for most are on one"
                    + " key, or one hash slot",
                heat.lesserPercent()))
        : Optional.empty();
  }

  /** Where that halves what it is asked; if that is not known, in the middle of its data. */
  static KeyBytes at(Piece piece, Heat heat) {
    return heat.sampled() && piece.shard.range().canBeCutAt(heat.cut())
        ? heat.cut()
        : KeyBytes.EMPTY;
  }
}
