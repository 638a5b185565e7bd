package io.flotilla.placement.plan;

import java.util.List;
import java.util.Optional;

/**
 * A named condition that can explain itself: the same code that forbids says why. So what {@code
 * why} tells people is what the planner went by, and cannot differ from it.
 *
 * @param <S> what it is about
 */
interface Rule<S> {
  /** Why it forbids; nothing if it does not. Words that follow the subject: "is draining". */
  Optional<String> forbids(S subject);

  /** What the first of these that forbids says. */
  static <S> Optional<String> firstOf(List<? extends Rule<S>> rules, S subject) {
    for (Rule<S> rule : rules) {
      Optional<String> why = rule.forbids(subject);
      if (why.isPresent()) {
        return why;
      }
    }
    return Optional.empty();
  }
}
