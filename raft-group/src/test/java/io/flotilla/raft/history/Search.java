package io.flotilla.raft.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Looks for an order of the operations on one key that time and a register allow (Wing and Gong
 * 1993, with Lowe's memory of {@link Configurations}). It goes through the events in time, puts in
 * order what it can, and when an operation has ended that it could not place, takes back the last
 * choice. What keeps that short:
 *
 * <ul>
 *   <li>An operation that is under way, explains its answer and by that answer changed nothing is
 *       placed at once, and that is no choice: in any order that is found later it might as well
 *       stand here.
 *   <li>A value that somebody is yet to see is not left behind if nobody can bring it back ({@link
 *       Demand}).
 *   <li>An optional one (of unknown outcome) is tried last, and only where it changes something;
 *       one that overwrites is not tried directly behind another one, which would then be useless;
 *       and of equal ones the first is tried first.
 * </ul>
 *
 * One thread, one search.
 */
final class Search {
  /** What came of it. */
  enum Result {
    FOUND,
    NONE,
    GIVEN_UP
  }

  private static final int HEAD = 0;

  /**
   * @param operation of {@code may} if {@code optional}, else of {@code must}
   * @param settled how many had been placed without a choice when this one was chosen
   */
  private record Choice(int operation, boolean optional, Value before, int settled) {}

  private final List<Operation> must;
  private final List<Operation> may;
  private final int[] twins;
  private final Steps steps;

  /**
   * Events that have not been dealt with, in time: 2i+1 is the call of operation i, 2i+2 its end.
   */
  private final int[] next;

  private final int[] previous;

  private final Demand demand;
  private final Configurations seen = new Configurations();
  private final ArrayDeque<Choice> choices = new ArrayDeque<>();
  private final ArrayDeque<Integer> settled = new ArrayDeque<>();
  private final BitSet ordered = new BitSet();
  private final BitSet used = new BitSet();
  private Value value;

  /**
   * @param may that need not be placed, and once invoked may be placed at any time
   */
  Search(List<Operation> must, List<Operation> may, Value before, Steps steps) {
    this.must = must;
    this.may = may.stream().sorted(Comparator.comparingLong(Operation::invoked)).toList();
    this.twins = twins(this.may);
    this.steps = steps;
    this.value = before;
    this.demand = new Demand(must, this.may);
    this.next = new int[2 * must.size() + 1];
    this.previous = new int[2 * must.size() + 1];
    link();
  }

  /** Known operations must be placed, unknown ones may be; but no get that nobody was told of. */
  static Search of(List<Operation> history, Value before, Steps steps) {
    return new Search(
        history.stream().filter(Operation::isKnown).toList(),
        history.stream()
            .filter(one -> !one.isKnown() && !(one.action() instanceof Action.Get))
            .toList(),
        before,
        steps);
  }

  /** For each, the last one before it that is the same in all but time; -1 if there is none. */
  private static int[] twins(List<Operation> may) {
    int[] twins = new int[may.size()];
    Map<List<Object>, Integer> last = new HashMap<>();
    for (int i = 0; i < twins.length; i++) {
      Integer before = last.put(List.of(may.get(i).action(), may.get(i).outcome()), i);
      twins[i] = before == null ? -1 : before;
    }
    return twins;
  }

  /** At equal times calls come first: such operations count as overlapping. */
  private void link() {
    List<Integer> events = new ArrayList<>();
    for (int event = 1; event < next.length; event++) {
      events.add(event);
    }
    events.sort(
        Comparator.<Integer>comparingLong(this::time)
            .thenComparing(event -> isCall(event) ? 0 : 1));
    int last = HEAD;
    for (int event : events) {
      next[last] = event;
      previous[event] = last;
      last = event;
    }
    next[last] = HEAD;
    previous[HEAD] = last;
  }

  private static boolean isCall(int event) {
    return event % 2 == 1;
  }

  private static int operation(int event) {
    return (event - 1) / 2;
  }

  private long time(int event) {
    Operation one = must.get(operation(event));
    return isCall(event) ? one.invoked() : one.returned();
  }

  Result run() {
    settle();
    int event = next[HEAD];
    int optional = 0;
    while (next[HEAD] != HEAD) {
      if (steps.usedUp()) {
        return Result.GIVEN_UP;
      }
      if (isCall(event)) {
        event = choose(operation(event), false) ? next[HEAD] : next[event];
        optional = 0;
      } else if (optional < may.size() && may.get(optional).invoked() <= time(event)) {
        boolean chosen = isWorthIt(optional) && choose(optional, true);
        event = chosen ? next[HEAD] : event;
        optional = chosen ? 0 : optional + 1;
      } else if (choices.isEmpty()) {
        return Result.NONE;
      } else {
        Choice wrong = takeBack();
        event = wrong.optional() ? firstReturn() : next[call(wrong.operation())];
        optional = wrong.optional() ? wrong.operation() + 1 : 0;
      }
    }
    return Result.FOUND;
  }

  private boolean isWorthIt(int optional) {
    if (used.get(optional) || (twins[optional] >= 0 && !used.get(twins[optional]))) {
      return false;
    }
    Operation one = may.get(optional);
    boolean blind = one.action().overwrites() && !(one.outcome() instanceof Outcome.Took);
    return !(blind && lastChoiceWasForNothing());
  }

  /** Nothing depends on it yet. */
  private boolean lastChoiceWasForNothing() {
    Choice last = choices.peek();
    return last != null && last.optional() && last.settled() == settled.size();
  }

  /** Places it, if it explains its answer and leads somewhere new. */
  private boolean choose(int operation, boolean optional) {
    Optional<Value> after = explain((optional ? may : must).get(operation));
    if (after.isEmpty() || (optional && after.get().equals(value))) {
      return false;
    }
    choices.push(new Choice(operation, optional, value, settled.size()));
    value = after.get();
    if (optional) {
      used.set(operation);
      demand.count(may.get(operation), false, -1);
    } else {
      place(operation);
    }
    settle();
    boolean dead =
        !value.equals(choices.element().before()) && demand.isLost(choices.element().before());
    if (dead || !seen.add(ordered, used, value)) {
      takeBack();
      return false;
    }
    return true;
  }

  private Optional<Value> explain(Operation one) {
    steps.take();
    return one.action().explain(value, one.outcome());
  }

  /** Places what is under way and changes nothing. */
  private void settle() {
    int last = HEAD;
    for (int event = next[last]; isCall(event); event = next[last]) {
      Optional<Value> after = explain(must.get(operation(event)));
      if (after.isPresent() && changesNothing(event) && value.kind() != Value.Kind.ANY) {
        settled.push(operation(event));
        place(operation(event));
      } else {
        last = event;
      }
    }
  }

  private boolean changesNothing(int call) {
    Operation one = must.get(operation(call));
    return one.action().changesNothing(one.outcome());
  }

  private Choice takeBack() {
    Choice wrong = choices.pop();
    while (settled.size() > wrong.settled()) {
      takeBack(settled.pop());
    }
    if (wrong.optional()) {
      used.clear(wrong.operation());
      demand.count(may.get(wrong.operation()), false, 1);
    } else {
      takeBack(wrong.operation());
    }
    value = wrong.before();
    return wrong;
  }

  private int firstReturn() {
    int event = next[HEAD];
    while (isCall(event)) {
      event = next[event];
    }
    return event;
  }

  private static int call(int operation) {
    return 2 * operation + 1;
  }

  private void place(int operation) {
    ordered.set(operation);
    demand.count(must.get(operation), true, -1);
    unlink(call(operation));
    unlink(call(operation) + 1);
  }

  /** In the reverse order of {@link #place}, so that each event finds its neighbours. */
  private void takeBack(int operation) {
    ordered.clear(operation);
    demand.count(must.get(operation), true, 1);
    relink(call(operation) + 1);
    relink(call(operation));
  }

  private void unlink(int event) {
    next[previous[event]] = next[event];
    previous[next[event]] = previous[event];
  }

  private void relink(int event) {
    next[previous[event]] = event;
    previous[next[event]] = event;
  }
}
