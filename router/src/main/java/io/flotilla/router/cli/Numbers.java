package io.flotilla.router.cli;

import java.util.ArrayList;
import java.util.List;

/** Reads lists of numbers, of which picocli says no more than that one is unmatched. */
final class Numbers {
  private Numbers() {}

  /**
   * @param what they are numbers of
   * @param where they are shown
   * @throws IllegalArgumentException if one is none, for people
   */
  static List<Long> read(List<String> texts, String what, String where) {
    List<Long> numbers = new ArrayList<>();
    for (String text : texts) {
      try {
        numbers.add(Long.parseLong(text));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "'" + text + "' is no " + what + "; allowed are numbers, as in " + where, e);
      }
    }
    return numbers;
  }
}
