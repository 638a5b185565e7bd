package io.flotilla.placement.model;

/**
 * How a job ended.
 *
 * @param why in words, for people
 */
public record Ending(How how, String why) {
  /** Whether it did what it was for. */
  public enum How {
    DONE,
    /** Somebody did not want it any more. */
    CANCELLED,
    /** It could not be done; placement gave it up. */
    GIVEN_UP
  }

  static Ending done(String why) {
    return new Ending(How.DONE, why);
  }

  public static Ending givenUp(String why) {
    return new Ending(How.GIVEN_UP, why);
  }
}
