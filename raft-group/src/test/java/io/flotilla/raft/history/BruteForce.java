package io.flotilla.raft.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Tries every order that time allows: slow, and too simple to be wrong. */
final class BruteForce {
  private BruteForce() {}

  static boolean isLinearizable(List<Operation> history) {
    return isLinearizable(
        history.stream().filter(Operation::isKnown).toList(),
        history.stream().filter(one -> !one.isKnown()).toList(),
        Value.ABSENT);
  }

  /**
   * @param may which of these take effect, and when after their invocation, is free
   */
  static boolean isLinearizable(List<Operation> must, List<Operation> may, Value before) {
    return extend(must, may, before);
  }

  private static boolean extend(List<Operation> must, List<Operation> may, Value value) {
    if (must.isEmpty()) {
      return true;
    }
    long firstReturn = must.stream().mapToLong(Operation::returned).min().orElseThrow();
    for (int i = 0; i < must.size() + may.size(); i++) {
      boolean optional = i >= must.size();
      Operation one = optional ? may.get(i - must.size()) : must.get(i);
      Optional<Value> after = one.action().explain(value, one.outcome());
      if (one.invoked() <= firstReturn
          && after.isPresent()
          && extend(
              optional ? must : without(i, must),
              optional ? without(i - must.size(), may) : may,
              after.get())) {
        return true;
      }
    }
    return false;
  }

  private static List<Operation> without(int index, List<Operation> operations) {
    List<Operation> others = new ArrayList<>(operations);
    others.remove(index);
    return others;
  }
}
