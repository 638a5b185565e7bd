package io.flotilla.router.client;

/**
 * How to put.
 *
 * @param returnPrevious whether the answer shall carry the value that was there before, also when
 *     the condition failed
 */
public record PutOptions(Condition condition, boolean returnPrevious) {
  public static final PutOptions DEFAULT = new PutOptions(Condition.ALWAYS, false);

  public PutOptions when(Condition when) {
    return new PutOptions(when, returnPrevious);
  }

  public PutOptions returningPrevious() {
    return new PutOptions(condition, true);
  }
}
