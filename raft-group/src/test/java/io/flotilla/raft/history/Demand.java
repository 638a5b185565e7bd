package io.flotilla.raft.history;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which values those operations still have to find that are not in order yet, and which of them
 * could make such a value. One thread.
 */
final class Demand {
  private static final class Count {
    private int needed;
    private int makers;
  }

  private final Map<Value, Count> counts = new HashMap<>();

  /** Of those operations that could make anything. */
  private int makersOfAnything;

  Demand(List<Operation> must, List<Operation> may) {
    must.forEach(one -> count(one, true, 1));
    may.forEach(one -> count(one, false, 1));
  }

  /**
   * @param change in the number of those like this that are not in order yet
   */
  void count(Operation one, boolean must, int change) {
    if (must) {
      one.action().needs(one.outcome()).ifPresent(value -> count(value).needed += change);
    }
    if (!one.action().changesNothing(one.outcome())) {
      Optional<Value> made = one.action().makes(one.outcome());
      made.ifPresent(value -> count(value).makers += change);
      makersOfAnything += made.isEmpty() ? change : 0;
    }
  }

  private Count count(Value value) {
    return counts.computeIfAbsent(value, v -> new Count());
  }

  /** Whether somebody is yet to find this value, which was there and will not be again. */
  boolean isLost(Value value) {
    Count count = counts.get(value);
    return count != null && count.needed > 0 && count.makers == 0 && makersOfAnything == 0;
  }
}
