package io.flotilla.placement.service;

import java.util.Optional;

/** An even number of voters bears no more losses than one fewer would. */
final class EvenNumber {
  private EvenNumber() {}

  /**
   * What to tell somebody who asked for so many; empty if their number is odd.
   *
   * @param voters what they are called, in the plural
   */
  static Optional<String> note(int count, String voters) {
    return count % 2 == 1
        ? Optional.empty()
        : Optional.of(
            String.format(
                "%d %s bear the loss of %d, no more than %d would: an odd number is better",
                count, voters, (count - 1) / 2, count - 1));
  }
}
