package io.flotilla.raft.history;

import java.util.List;
import java.util.Optional;

/** Whether a history is linearizable. */
public sealed interface Verdict {
  /** An order was found for each key. */
  record Linearizable() implements Verdict {}

  /**
   * No order explains the operations on this key.
   *
   * @param window the smallest part of the history that shows it: in time it cannot be cut shorter
   *     at either end, and no get in it can be spared
   */
  record Violation(String key, Window window) implements Verdict {
    @Override
    public String toString() {
      return "key " + key + ": " + new Picture(window).text();
    }
  }

  /**
   * The search was given up: neither of the others is known.
   *
   * @param steps times that the model was asked
   */
  record Undecided(String key, long steps) implements Verdict {}

  /**
   * A part of a history of one key.
   *
   * @param before what the key holds when it begins; {@link Value.Kind#ANY}: whatever it is
   * @param must operations that began and ended in it
   * @param may those that may have taken effect before it, in it, or, if unknown, never
   * @param earlier who wrote what the culprit saw, long before; not needed for the proof
   * @param culprit the one without which all could be explained
   */
  record Window(
      Value before,
      List<Operation> must,
      List<Operation> may,
      Optional<Operation> earlier,
      Operation culprit) {
    public Window {
      must = List.copyOf(must);
      may = List.copyOf(may);
    }
  }
}
