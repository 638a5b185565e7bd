package io.flotilla.raft.history;

/**
 * One operation of one client on one key. It took effect at one moment between these two, which are
 * of any one clock.
 *
 * @param returned {@link #NEVER} if the outcome is unknown
 */
public record Operation(
    int client, String key, Action action, long invoked, long returned, Outcome outcome) {
  public static final long NEVER = Long.MAX_VALUE;

  public Operation {
    if (returned < invoked) {
      throw new IllegalArgumentException("returned at " + returned + ", before " + invoked);
    }
    if (outcome instanceof Outcome.Unknown != (returned == NEVER)) {
      throw new IllegalArgumentException(outcome + " returned at " + returned);
    }
  }

  boolean isKnown() {
    return returned != NEVER;
  }

  @Override
  public String toString() {
    return "client " + client + ": " + action + " -> " + outcome;
  }
}
