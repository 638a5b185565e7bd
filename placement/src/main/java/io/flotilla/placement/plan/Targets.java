package io.flotilla.placement.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Where a replica goes that has to leave its node. In this order: what {@link TargetRule#ALWAYS}
 * forbids is out; as few of the shard's replicas in its zone as can be had; a node that has time;
 * the node that has, or is to get, the fewest replicas; the lowest id. Where only nodes of a worse
 * zone have time, it waits.
 */
final class Targets {
  private Targets() {}

  /** The node to take now; nothing if there is none, or it has to wait. */
  static Optional<Seat> choose(String rule, Draft draft, Piece piece, long leaving) {
    List<Seat> allowed = new ArrayList<>();
    for (Seat seat : draft.seats()) {
      Optional<String> why = draft.whyNot(TargetRule.ALWAYS, piece, leaving, seat);
      if (why.isEmpty()) {
        allowed.add(seat);
      } else {
        note(rule, draft, piece, leaving, "node " + seat.id() + " " + why.get());
      }
    }
    Optional<Seat> best = best(draft, piece, leaving, allowed);
    if (best.isEmpty()) {
      note(rule, draft, piece, leaving, "no node may take it; add one");
      return Optional.empty();
    }
    int crowd = draft.crowding(piece, leaving, best.get());
    List<Seat> ready = new ArrayList<>();
    for (Seat seat : allowed) {
      if (draft.crowding(piece, leaving, seat) > crowd) {
        note(
            rule,
            draft,
            piece,
            leaving,
            String.format(
                "node %d is in zone '%s', where more of its replicas are than elsewhere",
                seat.id(), seat.node.zone()));
        continue;
      }
      Optional<String> why = draft.whyNot(List.of(TargetRule.HAS_TIME), piece, leaving, seat);
      if (why.isEmpty()) {
        ready.add(seat);
      } else {
        note(rule, draft, piece, leaving, "node " + seat.id() + " " + why.get());
      }
    }
    return best(draft, piece, leaving, ready);
  }

  /** Of those that are allowed, whoever has time or not. */
  static Optional<Seat> best(Draft draft, Piece piece, long leaving, List<Seat> allowed) {
    return allowed.stream()
        .min(
            Comparator.<Seat>comparingInt(seat -> draft.crowding(piece, leaving, seat))
                .thenComparingInt(Seat::replicas)
                .thenComparingLong(Seat::id));
  }

  private static void note(String rule, Draft draft, Piece piece, long leaving, String text) {
    draft.journal().found(rule, piece.id(), leaving, () -> text);
  }
}
