package io.flotilla.placement.model;

import java.util.List;

/**
 * What a shard is that serves nothing any more, since a neighbour is to absorb it. It ends up in
 * that neighbour, or thaws once the neighbour is past the epoch at which alone it can absorb.
 *
 * @param into the neighbour
 * @param index of the entry of the shard's log that froze it
 * @param replicas as they were then
 */
public record Frozen(long into, Epoch intoEpoch, long index, List<Replica> replicas) {
  public Frozen {
    replicas = List.copyOf(replicas);
    if (into < 1 || index < 1) {
      throw new IllegalArgumentException(
          "frozen at index " + index + " into shard " + into + "; both must be positive");
    }
  }

  /** Whether the neighbour, as it is, may absorb it, now or by an entry that is under way. */
  public boolean mayBeAbsorbedBy(Shard neighbour) {
    return neighbour.id() == into && !neighbour.epoch().isNewerThan(intoEpoch);
  }
}
