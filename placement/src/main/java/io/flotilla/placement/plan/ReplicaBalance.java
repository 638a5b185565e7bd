package io.flotilla.placement.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Evens out how many replicas nodes have: among all of them as far as zones and racks allow, then
 * within each zone, then within each rack. A replica moves only from a node that has more than its
 * share to one that has less, so that each move is one that has to be made, and none is ever made
 * undone.
 */
final class ReplicaBalance implements Scheduler {
  private static final String NAME = "balance";

  private record Choice(Seat from, Seat to, Piece piece) {}

  /**
   * Where replicas of one node might go.
   *
   * @param to a zone, a place in it, or a node there
   */
  private record Way(long from, Object to) {}

  @Override
  public void plan(Draft draft) {
    if (Evacuation.isWanted(draft)) {
      draft
          .journal()
          .found(NAME, 0, 0, () -> "balancing waits: first, dead or draining nodes are emptied");
      return;
    }
    if (Replenishment.isWanted(draft)) {
      draft
          .journal()
          .found(
              NAME, 0, 0, () -> "balancing waits: first, shards get the replicas that they lack");
      return;
    }
    List<Seat> steady = draft.seats().stream().filter(Seat::isSteady).toList();
    even(draft, steady);
    evenWithin(draft, steady, seat -> seat.place.zone());
    evenWithin(draft, steady, seat -> seat.place);
    explain(draft, steady);
  }

  private static void evenWithin(Draft draft, List<Seat> seats, Function<Seat, Object> part) {
    Map<Object, List<Seat>> parts = new LinkedHashMap<>();
    for (Seat seat : seats) {
      parts.computeIfAbsent(part.apply(seat), any -> new ArrayList<>()).add(seat);
    }
    if (parts.size() > 1) {
      parts.values().forEach(each -> even(draft, each));
    }
  }

  private static void even(Draft draft, List<Seat> seats) {
    if (seats.size() < 2) {
      return;
    }
    // What is planned only takes from what may move: a way that offers nothing never will.
    Set<Way> barren = new HashSet<>();
    Optional<Choice> next = next(draft, seats, barren);
    while (next.isPresent()) {
      Choice choice = next.get();
      String reason =
          String.format(
              "node %d has %d replicas, node %d has %d",
              choice.from.id(), choice.from.replicas(), choice.to.id(), choice.to.replicas());
      draft.move(reason, choice.piece, choice.from.id(), choice.to);
      next = next(draft, seats, barren);
    }
  }

  private static Optional<Choice> next(Draft draft, List<Seat> seats, Set<Way> barren) {
    int total = seats.stream().mapToInt(Seat::replicas).sum();
    int low = total / seats.size();
    int high = (total + seats.size() - 1) / seats.size();
    List<Seat> emptiest = new ArrayList<>(seats);
    emptiest.sort(Comparator.comparingInt(Seat::replicas).thenComparingLong(Seat::id));
    List<Seat> fullest = new ArrayList<>(seats);
    fullest.sort(Comparator.comparingInt(Seat::replicas).reversed().thenComparingLong(Seat::id));
    for (Seat from : fullest) {
      for (Seat to : emptiest) {
        boolean due =
            (from.replicas() > high && to.replicas() < high)
                || (from.replicas() > low && to.replicas() < low);
        if (!due) {
          break;
        }
        if (targets(to).stream().anyMatch(part -> barren.contains(new Way(from.id(), part)))) {
          continue;
        }
        Optional<Piece> piece = movable(draft, from, to);
        if (piece.isPresent()) {
          return Optional.of(new Choice(from, to, piece.get()));
        }
        barren.add(new Way(from.id(), barren(draft, from, to)));
      }
    }
    return Optional.empty();
  }

  private static List<Object> targets(Seat to) {
    return List.of(to.place.zone(), to.place, to.id());
  }

  /** The largest part of the cluster around a node in which everything would be more crowded. */
  private static Object barren(Draft draft, Seat from, Seat to) {
    boolean zone = true;
    boolean place = true;
    for (Piece piece : from.pieces) {
      Crowding here = draft.crowding(piece, from.id(), from.place);
      Crowding there = draft.crowding(piece, from.id(), to.place);
      zone &= there.zone() > here.zone();
      place &= there.isWorseThan(here);
    }
    return targets(to).get(zone ? 0 : place ? 1 : 2);
  }

  /**
   * Of the keyspace of which one has most more than the other; rather one that it does not lead.
   */
  private static Optional<Piece> movable(Draft draft, Seat from, Seat to) {
    if (to.movesIn >= draft.policy().movesInMax()) {
      return Optional.empty();
    }
    return from.pieces.stream()
        .filter(piece -> draft.whyNot(ShardRule.TO_BALANCE, piece).isEmpty())
        .filter(piece -> draft.whyNot(TargetRule.TO_BALANCE, piece, from.id(), to).isEmpty())
        .min(
            Comparator.<Piece>comparingInt(
                    piece -> to.replicasOf(piece.keyspace()) - from.replicasOf(piece.keyspace()))
                .thenComparing(piece -> piece.leader.filter(node -> node == from.id()).isPresent())
                .thenComparingLong(Piece::id));
  }

  private static void explain(Draft draft, List<Seat> steady) {
    draft.journal().found(NAME, 0, 0, () -> words(steady));
  }

  private static String words(List<Seat> steady) {
    if (steady.size() < 2) {
      return String.format(
          "replicas are not evened out: %d nodes are steady, which are heard for long enough and"
              + " not draining; it takes two",
          steady.size());
    }
    int most = steady.stream().mapToInt(Seat::replicas).max().orElse(0);
    int least = steady.stream().mapToInt(Seat::replicas).min().orElse(0);
    return most - least < 2
        ? String.format("replicas are even: %d to %d on each node", least, most)
        : String.format(
            "replicas are uneven: %d to %d on each node, jobs under way and planned counted; the"
                + " rest waits for them, or zones and racks forbid it",
            least, most);
  }
}
