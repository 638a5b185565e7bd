package io.flotilla.placement.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Where a replica goes that has to leave its node, or that a shard lacks. In this order: what
 * {@link TargetRule#ALWAYS} forbids is out; as few of the shard's replicas in its zone, then in its
 * rack, as can be had; a node that has time, and is not one that nothing gets to; the node that
 * has, or is to get, the fewest replicas; the lowest id. Where only nodes of a worse place have
 * time, it waits.
 */
final class Targets {
  private Targets() {}

  /** Of a replica that leaves no node. */
  static final long NOWHERE = 0;

  /**
   * The node to take now; nothing if there is none, or it has to wait.
   *
   * @param leaving {@link #NOWHERE} for a replica that comes beside the others
   */
  static Optional<Seat> choose(String rule, Draft draft, Piece piece, long leaving) {
    List<String> against = new ArrayList<>();
    List<Seat> allowed = new ArrayList<>();
    for (Seat seat : draft.seats()) {
      Optional<String> why = draft.whyNot(TargetRule.ALWAYS, piece, leaving, seat);
      if (why.isEmpty()) {
        allowed.add(seat);
      } else if (seat.id() != leaving) {
        against.add("node " + seat.id() + " " + why.get());
      }
    }
    Crowding least =
        allowed.stream()
            .map(seat -> draft.crowding(piece, leaving, seat.place))
            .min(Comparator.naturalOrder())
            .orElse(Crowding.NONE);
    List<Seat> ready = new ArrayList<>();
    for (Seat seat : allowed) {
      Crowding crowding = draft.crowding(piece, leaving, seat.place);
      if (crowding.isWorseThan(least)) {
        against.add(
            String.format(
                "node %d is in %s, where more of its replicas are than elsewhere",
                seat.id(), crowding.blamed(seat.place, least)));
        continue;
      }
      Optional<String> why = draft.whyNot(TargetRule.TO_GO_NOW, piece, leaving, seat);
      if (why.isEmpty()) {
        ready.add(seat);
      } else {
        against.add("node " + seat.id() + " " + why.get());
      }
    }
    Optional<Seat> chosen = best(draft, piece, leaving, ready);
    if (chosen.isPresent()) {
      // For who asks after the shard; who asks after the node hears only of what stays there.
      against.forEach(text -> draft.journal().found(rule, piece.id(), 0, () -> text));
    } else {
      String how = allowed.isEmpty() ? ": no node may take it; add one" : " for now";
      String what = leaving == NOWHERE ? "gets no replica more" : "stays on node " + leaving;
      String text =
          String.format("shard %d %s%s (%s)", piece.id(), what, how, String.join("; ", against));
      draft.journal().found(rule, piece.id(), leaving, () -> text);
    }
    return chosen;
  }

  /** Of those that are allowed, whoever has time or not. */
  static Optional<Seat> best(Draft draft, Piece piece, long leaving, List<Seat> allowed) {
    return allowed.stream()
        .min(
            Comparator.<Seat, Crowding>comparing(seat -> draft.crowding(piece, leaving, seat.place))
                .thenComparingInt(Seat::replicas)
                .thenComparingLong(Seat::id));
  }
}
