package io.flotilla.deploy.whole;

import io.flotilla.raft.history.Action;
import io.flotilla.raft.history.Linearizability;
import io.flotilla.raft.history.Operation;
import io.flotilla.raft.history.Outcome;
import io.flotilla.raft.history.Value;
import io.flotilla.raft.history.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What clients were told of one key, the last part of whose past was given up at one moment. Until
 * then it is linearizable, and so it is from then on, from a value that the key had once. What was
 * under way may be of the past that is kept, of that which is given up, or of what comes after.
 */
final class LossyHistory {
  private static final int NOBODY = 0;

  private final List<Operation> all;
  private final long moment;
  private final String name;

  /**
   * @param all operations on the key
   * @param moment by the history's clock
   * @param name of a picture of what is wrong
   */
  LossyHistory(List<Operation> all, long moment, String name) {
    this.all = all;
    this.moment = moment;
    this.name = name;
  }

  /**
   * @throws AssertionError if it is neither, or cannot be decided
   */
  void require() {
    Linearizability.require(before(), name + "-before");
    List<Operation> after = after();
    for (Value kept : candidates()) {
      if (Linearizability.check(from(kept, after)) instanceof Verdict.Linearizable) {
        return;
      }
    }
    throw new AssertionError(
        "RECOVERED: nothing that this key may have held explains what followed, %s of %s: %s, then %s"
            .formatted(candidates(), all.get(0).key(), before(), after));
  }

  private List<Operation> before() {
    return all.stream()
        .filter(one -> one.invoked() < moment)
        .map(one -> one.returned() < moment ? one : unknown(one))
        .filter(one -> one.returned() < moment || isWrite(one))
        .toList();
  }

  private List<Operation> after() {
    List<Operation> after = new ArrayList<>();
    for (Operation one : all) {
      if (one.invoked() > moment) {
        after.add(one);
      } else if (one.returned() > moment && isWrite(one)) {
        after.add(unknown(one));
      }
    }
    return after;
  }

  private static boolean isWrite(Operation one) {
    return !(one.action() instanceof Action.Get);
  }

  private static Operation unknown(Operation one) {
    return new Operation(
        one.client(), one.key(), one.action(), one.invoked(), Operation.NEVER, Outcome.unknown());
  }

  private List<Operation> from(Value kept, List<Operation> after) {
    List<Operation> history = new ArrayList<>();
    if (!kept.equals(Value.ABSENT)) {
      String key = all.get(0).key();
      history.add(new Operation(NOBODY, key, new Action.Put(kept), -2, -1, Outcome.done()));
    }
    history.addAll(after);
    return history;
  }

  /** What the key may have held, what was read first before all others. */
  private Set<Value> candidates() {
    Optional<Value> read =
        all.stream()
            .filter(one -> one.invoked() > moment && one.outcome() instanceof Outcome.Saw)
            .min(Comparator.comparingLong(Operation::returned))
            .map(one -> ((Outcome.Saw) one.outcome()).value());
    Set<Value> held = held();
    if (texts().isPresent()) {
      held = prefixes(read.map(Value::text).orElse(""));
    }
    Set<Value> ordered = new LinkedHashSet<>();
    read.filter(held::contains).ifPresent(ordered::add);
    ordered.addAll(held);
    return ordered;
  }

  private Optional<Operation> texts() {
    return all.stream().filter(one -> one.action() instanceof Action.Append).findFirst();
  }

  /** Of registers and counters. */
  private Set<Value> held() {
    Set<Value> held = new LinkedHashSet<>();
    long number = 0;
    for (Operation one : before()) {
      if (one.action() instanceof Action.Put put) {
        held.add(put.value());
      } else if (one.action() instanceof Action.CompareAndSet cas) {
        held.add(cas.value());
      } else if (one.action() instanceof Action.Increment) {
        held.add(Value.of(++number));
      }
    }
    held.add(Value.ABSENT);
    return held;
  }

  /** Each append tells where its letter is, each read tells all of them. */
  private Set<Value> prefixes(String read) {
    Map<Integer, Character> known = new HashMap<>();
    for (Operation one : before()) {
      if (one.action() instanceof Action.Append append
          && one.outcome() instanceof Outcome.Number length) {
        known.put((int) length.now() - 1, append.suffix().charAt(0));
      } else if (one.outcome() instanceof Outcome.Saw saw) {
        String text = saw.value().text();
        for (int i = 0; i < text.length(); i++) {
          known.put(i, text.charAt(i));
        }
      }
    }
    int length = 0;
    while (length < read.length()
        && known.getOrDefault(length, read.charAt(length)) == read.charAt(length)) {
      length++;
    }
    Set<Value> prefixes = new LinkedHashSet<>();
    for (int end = length; end > 0; end--) {
      prefixes.add(Value.of(read.substring(0, end)));
    }
    prefixes.add(Value.ABSENT);
    return prefixes;
  }
}
