package io.flotilla.raft.core;

import java.util.List;
import java.util.Optional;

/**
 * What a replica knows when it starts.
 *
 * @param hardState as last made durable
 * @param truncated the last entry that was cut away; {@link Position#ZERO} if none was
 * @param membershipAtTruncation in force at {@code truncated}: for a new group, its first one
 * @param terms term runs of the log after {@code truncated}, in order: each position is the first
 *     entry of its term
 * @param lastIndex of the log; equal to {@code truncated.index()} if it is empty
 * @param memberships the membership entries after {@code truncated}, in order: the newest is in
 *     force, the others come back if a new leader overwrites it
 * @param applied index up to which the state machine's state is; at most {@code lastIndex}
 */
public record Recovered(
    HardState hardState,
    Position truncated,
    Membership membershipAtTruncation,
    List<Position> terms,
    long lastIndex,
    List<Entry> memberships,
    long applied) {
  public Recovered {
    terms = List.copyOf(terms);
    memberships = List.copyOf(memberships);
  }

  /** A replica whose log holds no membership entry. */
  public Recovered(
      HardState hardState,
      Position truncated,
      List<Position> terms,
      long lastIndex,
      Membership membership,
      long applied) {
    this(hardState, truncated, membership, terms, lastIndex, List.of(), applied);
  }

  /** A replica with nothing in its log, which begins behind {@code begin}. */
  public static Recovered empty(Membership membership, Position begin) {
    HardState state = new HardState(begin.term(), Optional.empty());
    return new Recovered(
        state, begin, membership, List.of(), begin.index(), List.of(), begin.index());
  }
}
