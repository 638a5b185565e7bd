package io.flotilla.raft.history;

import io.flotilla.raft.history.Verdict.Window;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * Makes small what is not linearizable, and keeps it so. Whatever is cut away, the rest of a
 * linearizable history would have been linearizable:
 *
 * <ul>
 *   <li>at the end, because an operation that has not ended yet may have had its effect or not;
 *   <li>at the start, if the key may hold anything there, and what began before and ended after may
 *       have had its effect or not;
 *   <li>of gets, any.
 * </ul>
 *
 * One thread, one use. A search that is given up proves nothing, so that the window stays larger.
 */
final class BadWindow {
  private final List<Operation> history;
  private final Steps steps;

  /**
   * @param history of one key, not linearizable
   */
  BadWindow(List<Operation> history, Steps steps) {
    this.history = history;
    this.steps = steps;
  }

  Window smallest() {
    List<Operation> ends =
        history.stream()
            .filter(Operation::isKnown)
            .sorted(Comparator.comparingLong(Operation::returned))
            .toList();
    int last = first(ends.size() - 1, i -> isBad(upTo(ends.get(i))));
    return withoutGets(cutAtStart(upTo(ends.get(last))));
  }

  /** The first number for which it holds, up to {@code last}, for which it does. */
  private static int first(int last, IntPredicate holds) {
    int low = 0;
    int high = last;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (holds.test(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private Window upTo(Operation last) {
    List<Operation> must = new ArrayList<>();
    List<Operation> may = new ArrayList<>();
    for (Operation one : history) {
      if (one.returned() <= last.returned()) {
        must.add(one);
      } else if (one.invoked() <= last.returned() && matters(one)) {
        may.add(one);
      }
    }
    return new Window(Value.ABSENT, must, may, Optional.empty(), last);
  }

  /** A get that need not be placed never helps. */
  private static boolean matters(Operation one) {
    return !(one.action() instanceof Action.Get);
  }

  private boolean isBad(Window window) {
    return new Search(window.must(), window.may(), window.before(), steps).run()
        == Search.Result.NONE;
  }

  private Window cutAtStart(Window whole) {
    List<Operation> starts =
        whole.must().stream()
            .sorted(Comparator.comparingLong(Operation::invoked).reversed())
            .toList();
    int start = first(starts.size(), i -> i == starts.size() || isBad(from(starts.get(i), whole)));
    return start < starts.size() ? from(starts.get(start), whole) : whole;
  }

  private static Window from(Operation first, Window whole) {
    long start = first.invoked();
    List<Operation> must = new ArrayList<>();
    List<Operation> may = new ArrayList<>(whole.may());
    for (Operation one : whole.must()) {
      if (one.invoked() >= start) {
        must.add(one);
      } else if (one.returned() >= start && matters(one)) {
        may.add(one);
      }
    }
    Optional<Operation> earlier =
        whole.must().stream()
            .filter(one -> one.returned() < start && wroteFor(whole.culprit(), one))
            .findFirst();
    return new Window(Value.ANY, must, may, earlier, whole.culprit());
  }

  private static boolean wroteFor(Operation culprit, Operation one) {
    return culprit.outcome() instanceof Outcome.Saw saw
        && one.action() instanceof Action.Put put
        && Objects.equals(put.value(), saw.value());
  }

  private Window withoutGets(Window window) {
    Window smallest = window;
    for (Operation one : window.must()) {
      if (one.action() instanceof Action.Get && !one.equals(window.culprit())) {
        Window without = without(one, smallest);
        smallest = isBad(without) ? without : smallest;
      }
    }
    return smallest;
  }

  private static Window without(Operation get, Window window) {
    return new Window(
        window.before(),
        window.must().stream().filter(one -> !one.equals(get)).toList(),
        window.may(),
        window.earlier(),
        window.culprit());
  }
}
