package io.flotilla.placement.plan;

import java.util.List;
import java.util.Optional;

/** Keeps replicas of one shard in different zones where that can be had. */
final class ZoneSpread implements Scheduler {
  private static final String NAME = "zones";

  @Override
  public void plan(Draft draft) {
    long zones = draft.seats().stream().map(seat -> seat.node.zone()).distinct().count();
    if (zones < 2) {
      return;
    }
    for (Piece piece : List.copyOf(draft.pieces())) {
      crowded(draft, piece).ifPresent(seat -> spread(draft, piece, seat));
    }
  }

  /** Of the nodes in the fullest zone, the one with most replicas. */
  private static Optional<Seat> crowded(Draft draft, Piece piece) {
    Seat worst = null;
    int most = 0;
    for (var replica : piece.shard.replicas()) {
      Optional<Seat> seat = draft.seat(replica.node());
      int crowd = seat.map(here -> draft.crowding(piece, replica.node(), here)).orElse(0);
      boolean fuller = worst != null && crowd == most && seat.get().replicas() > worst.replicas();
      if (crowd > most || (crowd > 0 && fuller)) {
        worst = seat.orElseThrow();
        most = crowd;
      }
    }
    return Optional.ofNullable(worst);
  }

  private static void spread(Draft draft, Piece piece, Seat from) {
    int here = draft.crowding(piece, from.id(), from);
    List<Seat> better =
        draft.seats().stream()
            .filter(seat -> draft.crowding(piece, from.id(), seat) < here)
            .filter(seat -> draft.whyNot(TargetRule.TO_BALANCE, piece, from.id(), seat).isEmpty())
            .toList();
    Optional<Seat> target = Targets.best(draft, piece, from.id(), better);
    Optional<String> obstacle =
        draft
            .whyNot(ShardRule.TO_BALANCE, piece)
            .or(
                () ->
                    target.isEmpty()
                        ? Optional.of("has no node in another zone to go to now")
                        : Optional.empty());
    if (obstacle.isEmpty()) {
      String reason = String.format("zone '%s' has two of its replicas or more", from.node.zone());
      draft.move(reason, piece, from.id(), target.orElseThrow());
    } else {
      draft
          .journal()
          .found(
              NAME,
              piece.id(),
              from.id(),
              () ->
                  String.format(
                      "zone '%s' has two of its replicas or more, but shard %d %s",
                      from.node.zone(), piece.id(), obstacle.get()));
    }
  }
}
