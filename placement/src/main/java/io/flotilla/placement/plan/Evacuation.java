package io.flotilla.placement.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Takes replicas off nodes on which they cannot stay. What comes in their place is added before
 * they go, by the way a {@link io.flotilla.placement.model.Move} is carried out.
 */
final class Evacuation implements Scheduler {
  static final Evacuation OF_THE_DEAD =
      new Evacuation("repair", "is dead", seat -> seat.health == LoadView.Health.DEAD);
  static final Evacuation OF_THE_DRAINING =
      new Evacuation(
          "drain",
          "is draining",
          seat -> seat.node.isDraining() && seat.health != LoadView.Health.DEAD);

  private final String name;
  private final String why;
  private final Predicate<Seat> isToBeEmpty;

  private Evacuation(String name, String why, Predicate<Seat> isToBeEmpty) {
    this.name = name;
    this.why = why;
    this.isToBeEmpty = isToBeEmpty;
  }

  /** Whether some replica has still to leave some node, and no job sees to it yet. */
  static boolean isWanted(Draft draft) {
    return draft.seats().stream()
        .filter(seat -> OF_THE_DEAD.isToBeEmpty.or(OF_THE_DRAINING.isToBeEmpty).test(seat))
        .anyMatch(seat -> seat.replicas() > 0);
  }

  @Override
  public void plan(Draft draft) {
    for (Seat seat : draft.seats()) {
      if (isToBeEmpty.test(seat)) {
        List<Piece> pieces = new ArrayList<>(seat.pieces);
        pieces.sort(Comparator.comparingLong(Piece::id));
        pieces.forEach(piece -> plan(draft, seat, piece));
      }
    }
  }

  private void plan(Draft draft, Seat leaving, Piece piece) {
    String reason = "node " + leaving.id() + " " + why;
    Optional<String> obstacle = draft.whyNot(ShardRule.TO_REPAIR, piece);
    if (obstacle.isPresent()) {
      draft
          .journal()
          .found(
              name,
              piece.id(),
              leaving.id(),
              () -> reason + ", but shard " + piece.id() + " " + obstacle.get());
      return;
    }
    Targets.choose(name, draft, piece, leaving.id())
        .ifPresent(target -> draft.move(reason, piece, leaving.id(), target));
  }
}
