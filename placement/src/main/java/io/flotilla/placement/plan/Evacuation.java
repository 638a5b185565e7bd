package io.flotilla.placement.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Takes replicas off nodes on which they cannot stay, and puts others in the place of those that
 * are lost where they are. What comes in their place is added before they go, by the way a {@link
 * io.flotilla.placement.model.Move} is carried out. One that is lost where no other node may take
 * another is left out instead: then its shard has too few, and {@link Replenishment} adds one on
 * the same node.
 */
final class Evacuation implements Scheduler {
  static final Evacuation OF_THE_DEAD =
      new Evacuation("repair", "node %d is dead", (draft, seat, piece) -> isDead(seat));
  static final Evacuation OF_THE_LOST =
      new Evacuation("repair", "the replica on node %d is lost", Evacuation::isLost);
  static final Evacuation OF_THE_DRAINING =
      new Evacuation("drain", "node %d is draining", (draft, seat, piece) -> isDraining(seat));

  private interface Condition {
    boolean holds(Draft draft, Seat seat, Piece piece);
  }

  private final String name;
  private final String why;
  private final Condition mustLeave;

  /**
   * @param why with a place for the node
   */
  private Evacuation(String name, String why, Condition mustLeave) {
    this.name = name;
    this.why = why;
    this.mustLeave = mustLeave;
  }

  /**
   * Whether some node has still to be emptied, and no job sees to it yet. A replica that is lost
   * where it is concerns its shard alone: as long as there is no node for another, the rest goes
   * on.
   */
  static boolean isWanted(Draft draft) {
    return draft.seats().stream()
        .filter(seat -> isDead(seat) || isDraining(seat))
        .anyMatch(seat -> seat.replicas() > 0);
  }

  private static boolean isDead(Seat seat) {
    return seat.health == LoadView.Health.DEAD;
  }

  private static boolean isDraining(Seat seat) {
    return seat.node.isDraining() && !isDead(seat);
  }

  private static boolean isLost(Draft draft, Seat seat, Piece piece) {
    Set<Long> lost = draft.load().lost();
    return !lost.isEmpty()
        && seat.health.isAlive()
        && piece.shard.replicaOn(seat.id()).filter(on -> lost.contains(on.id())).isPresent();
  }

  /**
   * Whether a replica is lost where another one may come, and only there. Its group decides no less
   * without it: of one voter less, no more have to agree.
   */
  private static boolean mayComeAgain(Draft draft, Seat seat, Piece piece) {
    return isLost(draft, seat, piece)
        && !draft.load().holdsItsPlace(piece.shard.replicaOn(seat.id()).orElseThrow())
        && draft.whyNot(TargetRule.TO_COME_AGAIN, piece, seat.id(), seat).isEmpty()
        && draft.seats().stream()
            .allMatch(
                other -> draft.whyNot(TargetRule.ALWAYS, piece, seat.id(), other).isPresent());
  }

  @Override
  public void plan(Draft draft) {
    for (Seat seat : draft.seats()) {
      List<Piece> pieces = new ArrayList<>(seat.pieces);
      pieces.removeIf(piece -> !mustLeave.holds(draft, seat, piece));
      pieces.sort(Comparator.comparingLong(Piece::id));
      pieces.forEach(piece -> plan(draft, seat, piece));
    }
  }

  private void plan(Draft draft, Seat leaving, Piece piece) {
    String reason = String.format(why, leaving.id());
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
    if (mayComeAgain(draft, leaving, piece)) {
      draft.leaveOut(reason + ", and no other may take one", piece, leaving.id());
      return;
    }
    Targets.choose(name, draft, piece, leaving.id())
        .ifPresentOrElse(
            target -> draft.move(reason, piece, leaving.id(), target),
            () -> draft.journal().found(name, piece.id(), 0, () -> "it is to leave: " + reason));
  }
}
