package io.flotilla.raft.history;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a search has been (Lowe 2017, section 4): which operations had been put in order, and what
 * the key held then. From one where fewer optional operations were used as much can be reached as
 * from one where more were, so the latter need not be looked at.
 */
final class Configurations {
  /**
   * @param first all operations before this one are in order
   * @param beyond those behind it that are, counted from it
   */
  private record Reached(int first, BitSet beyond, Value value) {}

  private final Map<Reached, List<BitSet>> used = new HashMap<>();

  /** Whether it is worth going on from there: not seen before. */
  boolean add(BitSet ordered, BitSet optional, Value value) {
    int first = ordered.nextClearBit(0);
    Reached reached =
        new Reached(first, ordered.get(first, Math.max(first, ordered.length())), value);
    List<BitSet> before = used.computeIfAbsent(reached, r -> new ArrayList<>(1));
    for (BitSet fewer : before) {
      if (isSubset(fewer, optional)) {
        return false;
      }
    }
    before.removeIf(more -> isSubset(optional, more));
    before.add((BitSet) optional.clone());
    return true;
  }

  private static boolean isSubset(BitSet small, BitSet large) {
    for (int i = small.nextSetBit(0); i >= 0; i = small.nextSetBit(i + 1)) {
      if (!large.get(i)) {
        return false;
      }
    }
    return true;
  }
}
