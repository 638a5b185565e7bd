package io.flotilla.raft.core;

import java.util.List;

/**
 * What a replica knows when it starts.
 *
 * @param hardState as last made durable
 * @param truncated the last entry that was cut away; {@link Position#ZERO} if none was
 * @param terms term runs of the log after {@code truncated}, in order: each position is the first
 *     entry of its term
 * @param lastIndex of the log; equal to {@code truncated.index()} if it is empty
 * @param membership as of the newest membership entry in the log or at the truncation point
 * @param applied index up to which the state machine's state is; at most {@code lastIndex}
 */
public record Recovered(
    HardState hardState,
    Position truncated,
    List<Position> terms,
    long lastIndex,
    Membership membership,
    long applied) {
  public Recovered {
    terms = List.copyOf(terms);
  }

  /** A replica of a new group, with nothing in its log. */
  public static Recovered empty(Membership membership) {
    return new Recovered(HardState.INITIAL, Position.ZERO, List.of(), 0, membership, 0);
  }
}
