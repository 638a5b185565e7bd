package io.flotilla.router.client;

import java.util.List;
import java.util.Optional;

/**
 * What became of a batch.
 *
 * @param applied false if a condition failed; then nothing was changed
 * @param outcomes one for each mutation, in order
 */
public record BatchResult(boolean applied, List<Outcome> outcomes) {
  public BatchResult {
    outcomes = List.copyOf(outcomes);
  }

  /**
   * What became of one mutation.
   *
   * @param conditionMet whether this mutation's own condition held
   * @param existed whether the key had a value before; for a put only looked up, else false, if it
   *     has a condition or asks for the previous value
   * @param previous if asked for, or when a comparison failed
   * @param number increment: the new value; append: the new length in bytes
   */
  public record Outcome(
      boolean conditionMet, boolean existed, Optional<Bytes> previous, long number) {}
}
