package io.flotilla.placement.plan;

import java.util.Comparator;

/**
 * How many other replicas of its shard are near a replica. Those in its zone count first: a rack is
 * lost with its zone, and the zone not with the rack.
 *
 * @param rack of those in its zone, the ones in its rack too
 */
record Crowding(int zone, int rack) implements Comparable<Crowding> {
  static final Crowding NONE = new Crowding(0, 0);

  private static final Comparator<Crowding> ORDER =
      Comparator.comparingInt(Crowding::zone).thenComparingInt(Crowding::rack);

  @Override
  public int compareTo(Crowding other) {
    return ORDER.compare(this, other);
  }

  boolean isWorseThan(Crowding other) {
    return compareTo(other) > 0;
  }

  /** What of a place makes this worse than the other. */
  String blamed(Place place, Crowding other) {
    return zone > other.zone ? place.zoneWords() : place.rackWords();
  }
}
