package io.flotilla.placement.plan;

import io.flotilla.placement.model.KeyBytes;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/**
 * Splits the largest shards of a keyspace, or those that are asked most, until there are as many as
 * somebody asked for.
 */
final class Growth implements Scheduler {
  private static final String NAME = "grow";

  /** What a keyspace is asked, in operations per second, when this begins to matter. */
  private static final long BUSY = 1000;

  /** The whole keyspace, of which a shard is a part. */
  private record Whole(long bytes, long operations) {
    static Whole of(Draft draft, int keyspace) {
      long bytes = 0;
      long operations = 0;
      for (Piece piece : draft.pieces()) {
        if (piece.keyspace() == keyspace) {
          bytes += piece.bytes;
          operations += draft.load().heatOf(piece.id()).operations();
        }
      }
      return new Whole(bytes, operations);
    }

    double weight(Piece piece) {
      return bytes == 0 ? 0 : (double) piece.bytes / bytes;
    }

    /** 0 of one that no cut would relieve. */
    double heat(Heat heat) {
      return operations < BUSY || heat.isInOnePlace() ? 0 : (double) heat.operations() / operations;
    }

    boolean isHotRatherThanLarge(Piece piece, Heat heat) {
      return heat(heat) > weight(piece);
    }
  }

  /** The greatest part in bytes or operations; among equals, the one that was cut least often. */
  private static Comparator<Piece> largest(Draft draft, Whole whole) {
    return Comparator.<Piece>comparingDouble(
            piece -> -Math.max(whole.weight(piece), whole.heat(draft.load().heatOf(piece.id()))))
        .thenComparingLong(piece -> piece.shard.epoch().version())
        .thenComparingLong(Piece::id);
  }

  @Override
  public void plan(Draft draft) {
    for (Map.Entry<Integer, Integer> goal : draft.view().settings().goals().entrySet()) {
      grow(draft, goal.getKey(), goal.getValue());
    }
  }

  private static void grow(Draft draft, int keyspace, int goal) {
    Whole whole = Whole.of(draft, keyspace);
    while (draft.shardsOf(keyspace) < goal) {
      Optional<Piece> largest =
          draft.pieces().stream()
              .filter(piece -> piece.keyspace() == keyspace)
              .filter(piece -> mayBeCut(draft, piece))
              .min(largest(draft, whole));
      if (largest.isEmpty()) {
        draft
            .journal()
            .found(
                NAME,
                0,
                0,
                () ->
                    "no other shard of keyspace "
                        + keyspace
                        + " can be split now, though more are asked for");
        return;
      }
      String reason = "more shards were asked for, up to " + goal;
      Piece piece = largest.get();
      Heat heat = draft.load().heatOf(piece.id());
      boolean hot = whole.isHotRatherThanLarge(piece, heat);
      draft.split(reason, piece, hot ? LoadSplit.at(piece, heat) : KeyBytes.EMPTY);
    }
  }

  private static boolean mayBeCut(Draft draft, Piece piece) {
    Optional<String> obstacle = draft.whyNot(ShardRule.TO_CHOOSE_FOR_SPLIT, piece);
    obstacle.ifPresent(
        why ->
            draft
                .journal()
                .found(
                    NAME, piece.id(), 0, () -> "shard " + piece.id() + " is not split: it " + why));
    return obstacle.isEmpty();
  }
}
