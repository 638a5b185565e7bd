package io.flotilla.placement.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps replicas of one shard in different zones, and in different racks of a zone, where that can
 * be had. Each move leaves fewer pairs of them in one zone, or as many and fewer in one rack: so
 * none is made undone.
 */
final class Spread implements Scheduler {
  private static final String NAME = "spread";

  /** A replica that others of its shard are near to. */
  private record Crowded(Seat seat, Crowding crowding) {}

  /** Replicas with the same of both have the same places to go to. */
  private record Alike(String zone, Crowding crowding) {}

  private static final Comparator<Crowded> WORST_FIRST =
      Comparator.comparing(Crowded::crowding)
          .thenComparingInt(each -> each.seat().replicas())
          .reversed();

  @Override
  public void plan(Draft draft) {
    boolean zones = draft.seats().stream().map(seat -> seat.place.zone()).distinct().count() > 1;
    boolean racks = draft.seats().stream().map(seat -> seat.place).distinct().count() > 1;
    boolean named = draft.seats().stream().anyMatch(seat -> !seat.place.rack().isEmpty());
    if (zones || (racks && named)) {
      for (Piece piece : List.copyOf(draft.pieces())) {
        List<Crowded> crowded = crowded(draft, piece, zones);
        if (!crowded.isEmpty()) {
          spread(draft, piece, crowded);
        }
      }
    }
  }

  /**
   * @param zones whether there is more than one, or else a full one says nothing
   */
  private static List<Crowded> crowded(Draft draft, Piece piece, boolean zones) {
    List<Crowded> crowded = new ArrayList<>();
    for (var replica : piece.shard.replicas()) {
      draft
          .seat(replica.node())
          .map(seat -> new Crowded(seat, draft.crowding(piece, seat.id(), seat.place)))
          .filter(each -> each.crowding.rack() > 0 || (zones && each.crowding.zone() > 0))
          .ifPresent(crowded::add);
    }
    crowded.sort(WORST_FIRST);
    return crowded;
  }

  private static void spread(Draft draft, Piece piece, List<Crowded> crowded) {
    Optional<String> obstacle = draft.whyNot(ShardRule.TO_BALANCE, piece);
    if (obstacle.isPresent()) {
      tell(draft, piece, crowded.get(0), obstacle.get());
      return;
    }
    Set<Alike> tried = new HashSet<>();
    for (Crowded each : crowded) {
      Seat from = each.seat;
      if (tried.add(new Alike(from.place.zone(), each.crowding))) {
        Optional<Seat> target = better(draft, piece, each);
        if (target.isPresent()) {
          Crowding there = draft.crowding(piece, from.id(), target.get().place);
          String reason = words(each.crowding.blamed(from.place, there));
          draft.move(reason, piece, from.id(), target.get());
          return;
        }
      }
    }
    Crowded worst = crowded.get(0);
    String label = worst.crowding.rack() > 0 ? "rack" : "zone";
    tell(draft, piece, worst, "has no node in another " + label + " to go to now");
  }

  private static Optional<Seat> better(Draft draft, Piece piece, Crowded crowded) {
    long leaving = crowded.seat.id();
    List<Seat> better =
        draft.seats().stream()
            .filter(
                seat -> crowded.crowding.isWorseThan(draft.crowding(piece, leaving, seat.place)))
            .filter(seat -> draft.whyNot(TargetRule.TO_BALANCE, piece, leaving, seat).isEmpty())
            .toList();
    return Targets.best(draft, piece, leaving, better);
  }

  private static void tell(Draft draft, Piece piece, Crowded crowded, String obstacle) {
    Place place = crowded.seat.place;
    String where = crowded.crowding.rack() > 0 ? place.rackWords() : place.zoneWords();
    draft
        .journal()
        .found(
            NAME,
            piece.id(),
            crowded.seat.id(),
            () -> String.format("%s, but shard %d %s", words(where), piece.id(), obstacle));
  }

  private static String words(String where) {
    return where + " has two of its replicas or more";
  }
}
